import type { IndexedImage } from "./png.ts";

/** What figures draw on. A figure is written once and drawn to PNG or SVG. Units: logical pixels, x to the right, y down. */

/** "#rrggbb", or in the report a CSS variable. */
export type Color = string;

export interface Theme {
  readonly paper: Color;
  readonly ink: Color;
  /** Secondary text and axes. Contrast with the paper is at least 4.5. */
  readonly muted: Color;
  /** Grid lines and frames. */
  readonly rule: Color;
  readonly accent: Color;
}

export const LIGHT_THEME: Theme = {
  paper: "#ffffff",
  ink: "#1a1d21",
  muted: "#5a616b",
  rule: "#d5d9de",
  accent: "#b3470f",
};

/** The theme of figures inside the report, where style sheets choose light or dark. */
export const CSS_THEME: Theme = {
  paper: "var(--paper)",
  ink: "var(--ink)",
  muted: "var(--muted)",
  rule: "var(--rule)",
  accent: "var(--accent)",
};

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LineStyle {
  readonly stroke: Color;
  readonly width: number;
  readonly opacity?: number;
}

export interface TextStyle {
  readonly size: number;
  readonly color: Color;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  /** Reads from bottom to top. */
  readonly vertical?: boolean;
  /** Colour of a soft outline that keeps text legible on an image. */
  readonly halo?: Color;
}

export interface Surface {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  /** Device pixels a logical pixel: images with more are reduced first. */
  readonly scale: number;
  /** Whether a viewer enlarges embedded images itself, so that they are best given as they are. */
  readonly enlarges: boolean;
  fill(box: Box, color: Color, opacity?: number): void;
  frame(box: Box, style: LineStyle): void;
  /** One path of connected points x, y, x, y, … */
  polyline(points: readonly number[], style: LineStyle): void;
  /** Separate segments x1, y1, x2, y2, … */
  segments(points: readonly number[], style: LineStyle): void;
  /** Discs at x, y, x, y, …; one colour, or one each. */
  dots(points: readonly number[], radius: number, colors: Color | readonly Color[], opacity?: number): void;
  /** `y` is the baseline. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  /** What `draw` draws is one layer that a reader may switch; hidden layers are left out where nothing can be switched. */
  layer(name: string, visible: boolean, draw: () => void): void;
  /** `smooth` interpolates where the image is enlarged. */
  image(box: Box, image: IndexedImage, smooth: boolean): void;
}
