import { type Dataset, shapeOf } from "../data/dataset.ts";
import type { Grid } from "../results/types.ts";

/** Columns of a preview at most, and share of the pixels that may be clipped at each end of the grays. */
const MOST_COLUMNS = 72;
const CLIPPED = 0.01;
const SHADES = " .:-=+*#%@";
const STEPS = "▁▂▃▄▅▆▇█";

/** A dataset in a few lines of text: half blocks in gray on a terminal, letters elsewhere; a curve where it has one row. */
export function preview(dataset: Dataset, stream: { isTTY?: boolean; columns?: number }): string {
  const plane = planeOf(dataset);
  const width = Math.max(8, Math.min(MOST_COLUMNS, (stream.columns ?? MOST_COLUMNS) - 2, plane.cols));
  if (plane.rows === 1) return `${curve(gray(shrink(plane, 1, width)))}\n`;
  const height = Math.max(1, Math.round((width * plane.rows) / plane.cols / 2));
  const coloured = stream.isTTY === true && process.env.NO_COLOR === undefined;
  if (coloured) return halfBlocks(gray(shrink(plane, Math.min(2 * height, 2 * MOST_COLUMNS), width)));
  return letters(gray(shrink(plane, Math.min(height, MOST_COLUMNS), width)));
}

/** Rows × columns of an image; samples × energies of spectra; the mean over the energies of a spectral map. */
function planeOf(dataset: Dataset): Grid {
  const [rows, cols = 1, depth = 1] = shapeOf(dataset);
  if (dataset.axes.length === 1) return { rows: 1, cols: rows, data: dataset.data };
  if (depth === 1) return { rows, cols, data: dataset.data };
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < dataset.data.length; i++) data[Math.floor(i / depth)] += dataset.data[i] / depth;
  return { rows, cols, data };
}

/** Means of the finite pixels over blocks; NaN where there is none. */
function shrink({ rows, cols, data }: Grid, height: number, width: number): Grid {
  const out = new Float32Array(height * width);
  for (let r = 0; r < height; r++) {
    const [top, bottom] = span(r, height, rows);
    for (let c = 0; c < width; c++) {
      const [left, right] = span(c, width, cols);
      let [sum, count] = [0, 0];
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) {
          const value = data[i * cols + j];
          if (Number.isFinite(value)) [sum, count] = [sum + value, count + 1];
        }
      }
      out[r * width + c] = sum / count;
    }
  }
  return { rows: height, cols: width, data: out };
}

function span(index: number, parts: number, size: number): [number, number] {
  const first = Math.floor((index * size) / parts);
  return [first, Math.max(first + 1, Math.floor(((index + 1) * size) / parts))];
}

/** Values to 0 … 1, a hundredth clipped at each end; NaN stays. */
function gray(grid: Grid): Grid {
  const sorted = grid.data.filter(Number.isFinite).sort();
  const low = sorted[Math.floor(CLIPPED * (sorted.length - 1))];
  const high = sorted[Math.ceil((1 - CLIPPED) * (sorted.length - 1))];
  const scale = high > low ? 1 / (high - low) : 0;
  return { ...grid, data: grid.data.map((value) => Math.min(1, Math.max(0, (value - low) * scale))) };
}

/** Two pixels a character: the upper half in the text's colour, the lower in the ground's; red where nothing is finite. */
function halfBlocks({ rows, cols, data }: Grid): string {
  const color = (value: number) => {
    if (Number.isNaN(value)) return "200;0;0";
    const level = Math.round(255 * value);
    return `${level};${level};${level}`;
  };
  const lines: string[] = [];
  for (let r = 0; r < rows; r += 2) {
    let line = "  ";
    for (let c = 0; c < cols; c++) {
      line += `\x1b[38;2;${color(data[r * cols + c])};48;2;${color(data[(r + 1) * cols + c])}m▀`;
    }
    lines.push(`${line}\x1b[0m`);
  }
  return `${lines.join("\n")}\n`;
}

function letters({ rows, cols, data }: Grid): string {
  const letter = (value: number) => (Number.isNaN(value) ? "?" : SHADES[Math.round(value * (SHADES.length - 1))]);
  const line = (r: number) => `  ${Array.from(data.subarray(r * cols, (r + 1) * cols), letter).join("")}`;
  return `${Array.from({ length: rows }, (_, r) => line(r)).join("\n")}\n`;
}

function curve({ data }: Grid): string {
  const step = (value: number) => (Number.isNaN(value) ? "?" : STEPS[Math.round(value * (STEPS.length - 1))]);
  return `  ${Array.from(data, step).join("")}`;
}
