import { correlate_forward, score_stride } from "../kernels/correlate";
import {
  correlate_spectra, correlation_scratch_bytes, correlation_twiddle_bytes, correlation_twiddles, template_spectrum, template_spectrum_bytes, transform_cols,
  transform_rows, windows_spectrum, windows_spectrum_bytes,
} from "../kernels/correlate_fft";
import { Config, getU32 } from "./config";
import { coarse_cols, coarse_rows, coarse_stride, orientations, shift_cols, shift_rows, template_cols, template_rows } from "./register";
import { State, Workspace, bytes } from "./state";

/*
 * Correlation of a chunk's windows with the templates at every shift: directly, or by Fourier transforms where these are faster. That is decided by sizes
 * alone, so that bits depend on neither engine nor threads.
 */

/** Points of the transforms along each axis. */
@inline
function points_down(config: usize): u32 {
  return transform_rows(template_rows(config));
}

@inline
function points_along(config: usize): u32 {
  return transform_cols(template_cols(config));
}

/**
 * Multiply-adds of the direct correlation that take as long as one point of the transforms times the logarithm of their number, for one window and one
 * template: measured 3.1 to 3.7 where both axes are transformed, up to 6 on one axis, 12 on a long one, whose sequences leave the first cache
 * (docs/performance.md). Here half as much again and more: near the crossover there is nothing to gain.
 */
const TWO_AXES: f64 = 6;
const ONE_AXIS: f64 = 10;
const LONG_AXIS: f64 = 20;
const LONG: u32 = 2048;

/** Whether Fourier transforms correlate. */
export function by_transform(config: usize): bool {
  const down = points_down(config), along = points_along(config), points = <f64>down * <f64>along;
  const direct = <f64>(coarse_rows(config) * coarse_cols(config)) * <f64>(shift_rows(config) * score_stride(shift_cols(config)));
  const cost = down > 1 ? TWO_AXES : along < LONG ? ONE_AXIS : LONG_AXIS;
  return direct > cost * points * <f64>(ctz<u32>(down) + ctz<u32>(along));
}

/** Groups of eight windows in a chunk. */
@inline
function eights(config: usize): u32 {
  return (getU32(config, Config.CHUNK) + 7) >> 3;
}

/** Places the transforms' arrays, where they are used. */
export function layout_correlation(space: Workspace, state: State): void {
  const config = state.config;
  if (!by_transform(config)) return;
  const down = points_down(config), along = points_along(config);
  const copies = getU32(config, Config.TEMPLATES) * orientations(config);
  space.twiddles = bytes(state, correlation_twiddle_bytes(down, along));
  space.windowSpectra = bytes(state, eights(config) * windows_spectrum_bytes(down, along));
  space.templateSpectra = bytes(state, copies * template_spectrum_bytes(down, along));
  space.transform = bytes(state, correlation_scratch_bytes(down, along, shift_rows(config)));
}

@inline
function template_at(config: usize, space: Workspace, copy: u32): usize {
  return space.templates + (<usize>(copy * coarse_stride(config)) << 2);
}

@inline
function template_spectrum_at(config: usize, space: Workspace, copy: u32): usize {
  return space.templateSpectra + <usize>copy * template_spectrum_bytes(points_down(config), points_along(config));
}

/** What the transforms need of the first `copies` template copies in space.templates. Writes; uses up the windows'. */
export function transform_templates(config: usize, space: Workspace, copies: u32): void {
  if (!by_transform(config)) return;
  const down = points_down(config), along = points_along(config), stride = template_cols(config);
  correlation_twiddles(space.twiddles, down, along);
  for (let copy: u32 = 0; copy < copies; copy++) {
    template_spectrum(
      template_spectrum_at(config, space, copy), template_at(config, space, copy), stride, template_rows(config), stride, down, along, space.twiddles,
      space.windowSpectra, space.transform,
    );
  }
}

/** Address of the windows i … i + 3, packed. */
@inline
function packed_at(config: usize, space: Workspace, i: u32): usize {
  return space.packedWindows + (<usize>(i * coarse_rows(config) * coarse_cols(config)) << 2);
}

/** What the transforms need of the m windows in space.packedWindows. Writes. */
export function transform_windows(config: usize, space: Workspace, m: u32): void {
  if (!by_transform(config)) return;
  const down = points_down(config), along = points_along(config);
  for (let i: u32 = 0; i < m; i += 8) {
    const second = i + 4 < m ? packed_at(config, space, i + 4) : 0;
    windows_spectrum(
      space.windowSpectra + <usize>(i >> 3) * windows_spectrum_bytes(down, along), packed_at(config, space, i), second, coarse_rows(config),
      coarse_cols(config), down, along, space.twiddles, space.transform,
    );
  }
}

/** space.scores (m, shiftRows, score_stride(shiftCols)) of the m windows with a template copy. Writes. */
export function correlate(config: usize, space: Workspace, copy: u32, m: u32): void {
  const rows = shift_rows(config), cols = shift_cols(config);
  if (!by_transform(config)) {
    const template = template_at(config, space, copy);
    correlate_forward(space.scores, space.packedWindows, template, template_cols(config), rows, cols, coarse_rows(config), coarse_cols(config), m);
    return;
  }
  const down = points_down(config), along = points_along(config), spectrum = template_spectrum_at(config, space, copy);
  for (let i: u32 = 0; i < m; i += 8) {
    const scores = space.scores + (<usize>(i * rows * score_stride(cols)) << 2), windows = <usize>(i >> 3) * windows_spectrum_bytes(down, along);
    correlate_spectra(scores, space.windowSpectra + windows, spectrum, rows, cols, down, along, min(8, m - i), space.twiddles, space.transform);
  }
}
