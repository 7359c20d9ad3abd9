import { affine, getU32, Config } from "./config";
import { canvas_origin } from "./pose";
import { State, Workspace } from "./state";
import { load_window } from "./step";

/*
 * Which part of its canvas each window reads: at its shift the rows of the window with the spline's taps, 35 of 58 by default; of a 1D signal
 * those columns. An MLP decoder paints no more. Windows next to each other share the products' tiles, so a chunk is put into the order of
 * their shifts first.
 */

/** First row of the canvas that window i reads; columns for 1D signals. */
@inline
function first_line(state: State, space: Workspace, i: u32): i32 {
  const t = space.shift + (<usize>i << 3);
  const place = state.flat
    ? canvas_origin(getU32(state.config, Config.SHIFT_COLS), load<f32>(t, 4))
    : canvas_origin(getU32(state.config, Config.SHIFT_ROWS), load<f32>(t));
  return <i32>floor(place) - 1;
}

/** The bands that the m windows read at their shifts, or 0: turned windows read canvases anywhere. Writes space.bands. */
export function canvas_bands(state: State, space: Workspace, m: u32): usize {
  const config = state.config;
  if (affine(config)) return 0;
  const line: u32 = state.flat ? 1 : state.canvasCols;
  const lines = getU32(config, state.flat ? Config.WINDOW_COLS : Config.WINDOW_ROWS) + 3;
  for (let i: u32 = 0; i < m; i++) {
    const first = <u32>first_line(state, space, i);
    const at = space.bands + (<usize>i << 3);
    store<u32>(at, first * line);
    store<u32>(at, (first + lines) * line, 4);
  }
  return space.bands;
}

@inline
function exchange<T>(array: usize, i: u32, j: u32): void {
  const a = array + <usize>i * sizeof<T>(), b = array + <usize>j * sizeof<T>();
  const value = load<T>(a);
  store<T>(a, load<T>(b));
  store<T>(b, value);
}

/** Puts the chunk's m windows with their poses into the order of the first line of the canvas that they read; equal ones keep theirs. */
export function sort_by_shift(state: State, space: Workspace, m: u32): void {
  if (affine(state.config)) return;
  for (let i: u32 = 1; i < m; i++) {
    for (let j = i; j > 0 && first_line(state, space, j) < first_line(state, space, j - 1); j--) {
      exchange<u32>(space.windows, j, j - 1);
      exchange<u64>(space.shift, j, j - 1);
      exchange<u32>(space.chosen, j, j - 1);
      exchange<f32>(space.gain, j, j - 1);
      exchange<f32>(space.offset, j, j - 1);
    }
  }
  for (let i: u32 = 0; i < m; i++) load_window(state, space, i, load<u32>(space.windows + (<usize>i << 2)));
}
