/** Numbers on axes: nice ticks, their labels, scale bars, robust colour limits. */

/** The steps 1, 2 and 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  if (lead <= 1.0000001) return power;
  if (lead <= 2.0000001) return 2 * power;
  return lead <= 5.0000001 ? 5 * power : 10 * power;
}

/** Multiples of a nice step within [low, high], about `count` of them; one value where the range is empty. */
export function niceTicks(low: number, high: number, count: number): number[] {
  if (!(Number.isFinite(low) && Number.isFinite(high))) return [];
  if (!(high > low)) return [low];
  const step = niceStep((high - low) / Math.max(1, count));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => cleanNumber((first + i) * step));
}

/** Removes the rounding dust of 3 * 0.1, and −0. */
function cleanNumber(value: number): number {
  return Number(value.toPrecision(12)) + 0;
}

/** With a true minus sign, and 1.2×10⁻⁵ where plain digits would be long. */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "−inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split("e");
    return `${Number(mantissa)}×10${superscript(Number(exponent))}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

function superscript(exponent: number): string {
  return String(exponent).replace(/[-0-9]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]));
}

/** "z₁" for the first latent. */
export function latentName(index: number): string {
  return `z${String(index + 1).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[Number(d)])}`;
}

const MOST_VALUES = 200_000;
const GOLDEN_RATIO = 0.6180339887498949;

/** The finite values, in no order. Of a large image only a part: its percentiles need no more. Multiples of the golden ratio (modulo 1)
 * pick it, since even steps would beat with the lattice. */
function finiteValues(values: ArrayLike<number>): Float64Array {
  const all = values.length <= MOST_VALUES;
  const sample = new Float64Array(all ? values.length : MOST_VALUES);
  let count = 0;
  for (let i = 0; i < sample.length; i++) {
    const value = values[all ? i : Math.floor(((i * GOLDEN_RATIO) % 1) * values.length)];
    if (Number.isFinite(value)) sample[count++] = value;
  }
  return sample.subarray(0, count);
}

/** The value that sorting would put at place k; moves values so that none before it is greater, none after it less (Hoare's selection). */
function selected(values: Float64Array, k: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return values[k];
}

function quantileOf(values: Float64Array, share: number): number {
  if (values.length === 0) return Number.NaN;
  const at = share * (values.length - 1);
  const k = Math.floor(at);
  const value = selected(values, k);
  const next = k + 1 < values.length ? selected(values, k + 1) : value;
  return value + (at - k) * (next - value);
}

/** Quantile of the finite values, linear between order statistics; NaN where there is none. */
export function quantile(values: ArrayLike<number>, share: number): number {
  return quantileOf(finiteValues(values), share);
}

export type Limits = readonly [low: number, high: number];

/** 1st and 99th percentile of the finite values; a range of one around a constant, [0, 1] where there is nothing. */
export function robustLimits(values: ArrayLike<number>): Limits {
  const finite = finiteValues(values);
  const [low, high] = [quantileOf(finite, 0.01), quantileOf(finite, 0.99)];
  if (Number.isNaN(low)) return [0, 1];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** Robust limits, symmetric about zero: for quantities whose sign matters. */
export function symmetricLimits(values: ArrayLike<number>): Limits {
  const [low, high] = robustLimits(values);
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return [-reach, reach];
}

export interface ScaleBar {
  /** Length in image pixels. */
  readonly pixels: number;
  readonly label: string;
}

/** The longest bar of 1, 2 or 5 times a power of ten that takes at most `share` of the width. */
export function scaleBar(
  widthPixels: number,
  pixelSize: { readonly value: number; readonly unit: string } | undefined,
  share = 0.3,
): ScaleBar {
  const unitsPerPixel = pixelSize?.value ?? 1;
  const longest = widthPixels * share * unitsPerPixel;
  const power = 10 ** Math.floor(Math.log10(longest) + 1e-9);
  const lead = longest / power;
  const length = cleanNumber((lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power);
  return { pixels: length / unitsPerPixel, label: `${formatNumber(length)} ${pixelSize?.unit ?? "px"}` };
}
