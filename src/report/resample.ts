import type { Grid } from "../results/types.ts";
import { type ColormapName, paletteIndex, paletteOf } from "./colormaps.ts";
import type { IndexedImage } from "./png.ts";
import type { Limits } from "./scales.ts";

/** Overlaps of the `target` equal parts of a line of `source` samples: for each part its first sample and the weights. */
function overlaps(source: number, target: number): { first: number; weights: number[] }[] {
  return Array.from({ length: target }, (_, k) => {
    const [from, to] = [(k * source) / target, ((k + 1) * source) / target];
    const first = Math.floor(from + 1e-9);
    const last = Math.min(source - 1, Math.ceil(to - 1e-9) - 1);
    const weights: number[] = [];
    for (let i = first; i <= last; i++) weights.push(Math.min(to, i + 1) - Math.max(from, i));
    return { first, weights };
  });
}

/** Mean over the area that falls on each new pixel, of the values that are there: fine lattices would turn into moiré if
 * pixels were picked. NaN where all are NaN. */
export function reduceGrid(grid: Grid, rows: number, cols: number): Grid {
  const data = new Float32Array(rows * cols);
  const across = overlaps(grid.cols, cols);
  overlaps(grid.rows, rows).forEach((down, r) => {
    across.forEach((along, c) => {
      let [sum, total] = [0, 0];
      down.weights.forEach((wr, i) => {
        along.weights.forEach((wc, j) => {
          const value = grid.data[(down.first + i) * grid.cols + along.first + j];
          if (Number.isNaN(value)) return;
          sum += wr * wc * value;
          total += wr * wc;
        });
      });
      data[r * cols + c] = total > 0 ? sum / total : Number.NaN;
    });
  });
  return { rows, cols, data };
}

/** Reduces a grid that has more than `rows` × `cols` samples along either axis; others stay as they are. */
export function fitGrid(grid: Grid, rows: number, cols: number): Grid {
  const [r, c] = [Math.min(grid.rows, Math.max(1, rows)), Math.min(grid.cols, Math.max(1, cols))];
  return r === grid.rows && c === grid.cols ? grid : reduceGrid(grid, r, c);
}

/** Values to palette indices. */
export function paint(grid: Grid, colormap: ColormapName, [low, high]: Limits): IndexedImage {
  const index = new Uint8Array(grid.data.length);
  for (let i = 0; i < index.length; i++) index[i] = paletteIndex(grid.data[i], low, high);
  return { width: grid.cols, height: grid.rows, index, palette: paletteOf(colormap) };
}
