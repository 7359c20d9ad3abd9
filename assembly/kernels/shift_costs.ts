import { FLAT } from "./gain_offset";
import { fma, fnma } from "./simd";

/*
 * What a window costs at every shift, from its products with a template (correlate.ts): the minimum that `gain_offset` finds over gain g and
 * offset, many shifts at once. With pull = σ²/s_g², share = 1/(pixels + σ²/s_o²) and sums about what the offset takes up,
 *
 *     y′y′ = Σ y² − (Σ y)²·share,   x′y′ = Σ x·y − Σ x·Σ y·share,   x′x′ likewise,
 *     g = max(0, (x′y′ + pull) / (y′y′ + pull)),
 *     cost = x′x′ + pull·(1 − g)² − 2g·x′y′ + g²·y′y′ = x′x′ + w·(y′y′ − x′y′) − x′y′·g   (x′x′ + pull where g = 0),   w = pull / (y′y′ + pull).
 *
 * The last form keeps its digits for any pull. What depends on template and shift alone is a table, made once for many windows; a gain that is
 * fixed at 1 (s_g = 0) is inverse = 0, w = 1 in it.
 */

/** Arrays of the table, each of `shifts` floats: Σ y·share, y′y′, 1/(y′y′ + pull), w, and what is added to every window's cost. */
const MEAN: u32 = 0;
const SQUARES: u32 = 1;
const INVERSE: u32 = 2;
const WEIGHT: u32 = 3;
const PENALTY: u32 = 4;
const ARRAYS: u32 = 5;

/** Floats of the table for `shifts` shifts, a multiple of 4. */
@inline
export function shift_table_size(shifts: u32): u32 {
  return ARRAYS * shifts;
}

/** The gain's pull for a prior of width s_g: 0 where it is free or fixed. */
@inline
function pull_of(variance: f64, gainPrior: f64): f64 {
  return gainPrior > 0 ? variance / (gainPrior * gainPrior) : 0;
}

@inline
function share_of(pixels: f64, variance: f64, offsetPrior: f64): f64 {
  return offsetPrior > 0 ? 1 / (pixels + variance / (offsetPrior * offsetPrior)) : 0;
}

/**
 * table (5, shifts) for a template's sums s1 = Σ y and s2 = Σ y² under each shift (`template_sums`) and squared distances d² of the shifts, infinite for those that are
 * left out (their sums may be anything): `pull`·d² is added to the costs. Widths of the priors as in `gain_offset`. Writes.
 */
export function shift_table(
  table: usize, s1: usize, s2: usize, distances: usize, shifts: u32, pixels: f64, variance: f64, gainPrior: f64, offsetPrior: f64, pull: f64,
): void {
  const share = share_of(pixels, variance, offsetPrior), gainPull = pull_of(variance, gainPrior);
  const step = <usize>shifts << 2;
  for (let at: usize = 0; at < step; at += 4) {
    const to = table + at, distance = <f64>load<f32>(distances + at);
    const out = distance == Infinity;
    const sy: f64 = out ? 0 : load<f32>(s1 + at), squares: f64 = out ? 0 : load<f32>(s2 + at);
    const own = squares - sy * sy * share;
    const free = gainPrior > 0 && own + gainPull > FLAT * squares;
    const inverse: f64 = free ? 1 / (own + gainPull) : 0;
    store<f32>(to + MEAN * step, <f32>(sy * share));
    store<f32>(to + SQUARES * step, <f32>own);
    store<f32>(to + INVERSE * step, <f32>inverse);
    store<f32>(to + WEIGHT * step, <f32>(free ? gainPull * inverse : 1));
    store<f32>(to + PENALTY * step, <f32>(out ? Infinity : pull * distance));
  }
}

/**
 * Products Σ x·y of a window under each shift into costs, in place; sx = Σ x and sxx = Σ x² of the window. Gives the least.
 */
export function shift_costs(
  costs: usize, table: usize, shifts: u32, sx: f64, sxx: f64, pixels: f64, variance: f64, gainPrior: f64, offsetPrior: f64,
): f32 {
  const own = sxx - sx * sx * share_of(pixels, variance, offsetPrior);
  const x = f32x4.splat(<f32>sx), xx = f32x4.splat(<f32>own), turned = f32x4.splat(<f32>(own + pull_of(variance, gainPrior)));
  const step = <usize>shifts << 2, zero = f32x4.splat(0);
  let least = f32x4.splat(Infinity);
  for (let at: usize = 0; at < step; at += 16) {
    const from = table + at;
    const xy = fnma(x, v128.load(from + MEAN * step), v128.load(costs + at)), w = v128.load(from + WEIGHT * step);
    const gain = f32x4.max(zero, fma(xy, v128.load(from + INVERSE * step), w));
    const upright = fnma(xy, gain, fma(w, f32x4.sub(v128.load(from + SQUARES * step), xy), xx));
    const cost = f32x4.max(zero, v128.bitselect(upright, turned, f32x4.gt(gain, zero)));
    const whole = f32x4.add(cost, v128.load(from + PENALTY * step));
    v128.store(costs + at, whole);
    // Not `min`: products past the columns that count may be NaN.
    least = f32x4.pmin(least, whole);
  }
  const pairs = f32x4.min(least, v128.shuffle<f32>(least, least, 2, 3, 0, 1));
  return min<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
