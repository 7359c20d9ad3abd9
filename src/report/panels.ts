import type { FitReport, Grid } from "../results/types.ts";
import { type ColormapName, PALETTE_TOP, paletteOf } from "./colormaps.ts";
import type { Figure } from "./figure.ts";
import type { IndexedImage } from "./png.ts";
import { fitGrid, paint } from "./resample.ts";
import { formatNumber, type Limits, niceTicks, scaleBar } from "./scales.ts";
import type { Box, Surface } from "./surface.ts";

/** Panels that show the whole image or a map of it, arranged in a figure. */

export const TITLE_SIZE = 16;
export const LABEL_SIZE = 13;
export const NOTE_SIZE = 12;

/** Side of a panel alone: three with their colour bars fit into the page. */
const PART_SIDE = 280;
const MARGIN = 20;
const TITLE_HEIGHT = 28;
const GAP = 24;
const BAR_WIDTH = 12;
const BAR_GAP = 8;
/** Room for the tick labels of a colour bar. */
const BAR_LABELS = 52;
const NOTE_LINE = 18;
/** Width of a character of a note, on average and a little more. */
const NOTE_CHARACTER = 6.3;

export interface ColorScale {
  readonly colormap: ColormapName;
  readonly limits: Limits;
}

export interface Panel {
  readonly title: string;
  /** Colour bar at the right; "own" keeps the room for one that the panel draws itself. */
  readonly bar?: ColorScale | "own";
  draw(surface: Surface, box: Box): void;
}

/** The latest picture of a grid's values, and what it was painted as: a figure is drawn as PNG, as SVG and in the report. */
interface Painted extends ColorScale {
  readonly image: IndexedImage;
}
const painted = new WeakMap<Float32Array, Painted>();

function paintOnce(grid: Grid, rows: number, cols: number, { colormap, limits }: ColorScale): IndexedImage {
  const known = painted.get(grid.data);
  if (
    known?.image.height === Math.min(rows, grid.rows) &&
    known.image.width === Math.min(cols, grid.cols) &&
    known.colormap === colormap &&
    known.limits.every((limit, k) => limit === limits[k])
  ) {
    return known.image;
  }
  const image = paint(fitGrid(grid, rows, cols), colormap, limits);
  painted.set(grid.data, { colormap, limits, image });
  return image;
}

/** Draws a grid over a box; where it has more samples than the surface has pixels, their mean. */
export function drawGrid(surface: Surface, box: Box, grid: Grid, scale: ColorScale, smooth: boolean): void {
  const { width, height } = box;
  const image = paintOnce(grid, Math.ceil(height * surface.scale), Math.ceil(width * surface.scale), scale);
  surface.image(box, image, smooth);
}

/** Width and height of a panel for an image: all shapes get the same area, within limits for very long ones. */
export function panelSize(rows: number, cols: number, side: number): { width: number; height: number } {
  const aspect = Math.min(6, Math.max(1 / 4, cols / rows));
  const shape = { width: side * Math.sqrt(aspect), height: side / Math.sqrt(aspect) };
  const fit = Math.min(shape.width / cols, shape.height / rows);
  return { width: Math.max(8, Math.round(cols * fit)), height: Math.max(8, Math.round(rows * fit)) };
}

/** x and y of an image position (row, column) in a box that shows the whole image. */
export function toBox(box: Box, image: Grid, row: number, col: number): [number, number] {
  return [box.x + ((col + 0.5) * box.width) / image.cols, box.y + ((row + 0.5) * box.height) / image.rows];
}

/** A vertical colour bar right of a box, with ticks. */
export function drawColorBar(surface: Surface, box: Box, scale: ColorScale): void {
  const [low, high] = scale.limits;
  const height = Math.max(40, box.height);
  const bar: Box = { x: box.x + box.width + BAR_GAP, y: box.y, width: BAR_WIDTH, height };
  const index = Uint8Array.from({ length: PALETTE_TOP + 1 }, (_, i) => PALETTE_TOP - i);
  surface.image(bar, { width: 1, height: index.length, index, palette: paletteOf(scale.colormap) }, true);
  const { muted } = surface.theme;
  for (const value of niceTicks(low, high, Math.max(2, Math.min(6, height / 50)))) {
    const y = bar.y + height - ((value - low) / (high - low)) * height;
    const x = bar.x + BAR_WIDTH;
    surface.segments([x, y, x + 3, y], { stroke: muted, width: 1 });
    surface.text(x + 8, y + 4, formatNumber(value), { size: NOTE_SIZE, color: muted });
  }
}

/** A scale bar at the lower left of a box that is `pixels` image pixels wide. */
export function drawScaleBar(surface: Surface, box: Box, pixels: number, pixelSize: FitReport["pixelSize"]): void {
  const bar = scaleBar(pixels, pixelSize);
  const length = (bar.pixels / pixels) * box.width;
  const inset = Math.min(14, box.height / 8);
  const [x, y] = [box.x + inset, box.y + box.height - inset];
  surface.fill({ x: x - 1.5, y: y - 6.5, width: length + 3, height: 8 }, "#000000", 0.55);
  surface.fill({ x, y: y - 5, width: length, height: 5 }, "#ffffff");
  const style = { size: 15, color: "#ffffff", bold: true, halo: "#000000" };
  surface.text(x, y - 12, bar.label, style);
}

/** Panels in rows of equal cells, with notes below. `across` is the width to stay within where there are several. */
export function panelFigure(image: Grid, panels: readonly Panel[], options: PanelOptions): Figure {
  const whole = arrangedPanels(image, panels, options);
  if (panels.length < 2) return whole;
  const alone = (panel: Panel) =>
    arrangedPanels(image, [panel], { alt: `${panel.title}.`, side: PART_SIDE, across: options.across });
  return { ...whole, parts: panels.map(alone), notes: options.notes };
}

interface PanelOptions {
  readonly alt: string;
  readonly side: number;
  readonly across: number;
  readonly notes?: readonly string[];
}

function arrangedPanels(image: Grid, panels: readonly Panel[], options: PanelOptions): Figure {
  const { width, height } = panelSize(image.rows, image.cols, options.side);
  const barRoom = panels.some((panel) => panel.bar) ? BAR_GAP + BAR_WIDTH + BAR_LABELS : 0;
  const cell = { width: width + barRoom + GAP, height: Math.max(40, height) + TITLE_HEIGHT + GAP };
  const most = Math.max(1, Math.floor((options.across - 2 * MARGIN + GAP) / cell.width));
  const rows = Math.ceil(panels.length / most);
  const perRow = Math.ceil(panels.length / Math.max(1, rows));
  const boxes = panels.map((_, i) => ({
    x: MARGIN + (i % perRow) * cell.width,
    y: MARGIN + Math.floor(i / perRow) * cell.height + TITLE_HEIGHT,
    width,
    height,
  }));
  const notes = options.notes ?? [];
  const bottom = MARGIN + Math.max(0, rows * cell.height - GAP);
  const noteWidth = Math.max(0, ...notes.map((note) => note.length * NOTE_CHARACTER));
  return {
    width: 2 * MARGIN + Math.max(perRow * cell.width - GAP, noteWidth),
    height: bottom + MARGIN + notes.length * NOTE_LINE,
    alt: options.alt,
    views: boxes,
    draw(surface) {
      panels.forEach((panel, i) => {
        const box = boxes[i];
        surface.text(box.x, box.y - 11, panel.title, { size: TITLE_SIZE, color: surface.theme.ink, bold: true });
        panel.draw(surface, box);
        if (panel.bar && panel.bar !== "own") drawColorBar(surface, box, panel.bar);
      });
      notes.forEach((note, i) => {
        surface.text(MARGIN, bottom + (i + 1) * NOTE_LINE + 2, note, { size: NOTE_SIZE, color: surface.theme.muted });
      });
    },
  };
}
