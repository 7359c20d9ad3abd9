import { MISSING, rgbToHex } from "../src/report/colormaps.ts";
import type { IndexedImage } from "../src/report/png.ts";
import type { Box, Color, LineStyle, Surface, TextStyle, Theme } from "../src/report/surface.ts";

/** Contrast by the Web Content Accessibility Guidelines 2.2, and a surface that remembers what lies on what. */

export type Rgb = readonly number[];

export function rgbOf(hex: string): Rgb {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
}

/** Relative luminance (WCAG 2.2, glossary). */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

export function over(color: Rgb, opacity: number, ground: Rgb): Rgb {
  return color.map((c, k) => opacity * c + (1 - opacity) * ground[k]);
}

interface Layer {
  readonly color: Rgb;
  readonly opacity: number;
}

/** One mark of a figure: its layers, the outermost first, and the colours that it may lie on. */
interface Mark {
  readonly kind: "text" | "graphic";
  readonly what: string;
  readonly layers: readonly Layer[];
  readonly grounds: readonly Rgb[];
}

/** The least contrast that a mark has on any ground: of text against what surrounds it, of others between any two that touch. */
export function leastContrast({ kind, layers, grounds }: Mark): number {
  const on = (ground: Rgb) => {
    const seen = [ground];
    for (const { color, opacity } of layers) seen.push(over(color, opacity, seen[seen.length - 1]));
    const steps = seen.slice(1).map((color, k) => contrast(color, seen[k]));
    return kind === "text" ? steps[steps.length - 1] : Math.max(...steps);
  };
  return Math.min(...grounds.map(on));
}

interface Drawn {
  readonly shape: string;
  readonly mark: Mark;
}

/** Draws nothing; keeps every mark with the colours below it. Grid lines are left out: the tick labels and the axis say the same. */
export class MarkSurface implements Surface {
  readonly scale = 1;
  readonly enlarges = true;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  private drawn: Drawn[] = [];
  private outlines = new Map<string, readonly Layer[]>();
  private readonly grounds: { box: Box; colors: Rgb[] }[] = [];

  constructor(width: number, height: number, theme: Theme) {
    this.width = width;
    this.height = height;
    this.theme = theme;
  }

  get marks(): Mark[] {
    return this.drawn.map(({ mark }) => mark);
  }

  private below(x: number, y: number): Rgb[] {
    const inside = ({ box }: { box: Box }) =>
      x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
    return this.grounds.findLast(inside)?.colors ?? [rgbOf(this.theme.paper)];
  }

  /** A mark of the same shape as one before lies on it: that one is its outline. */
  private add(shape: string, what: string, x: number, y: number, colors: readonly Color[], opacity: number): void {
    const outline = this.outlines.get(shape) ?? [];
    const isOutline = (one: Drawn) => one.shape === shape && one.mark.layers.length === outline.length;
    this.drawn = this.drawn.filter((one) => !isOutline(one));
    const grounds = this.below(x, y);
    for (const color of new Set(colors)) {
      const layers = [...outline, { color: rgbOf(color), opacity }];
      this.drawn.push({ shape, mark: { kind: "graphic", what: `${what} ${color}`, layers, grounds } });
      this.outlines.set(shape, layers);
    }
  }

  fill(box: Box, color: Color, opacity = 1): void {
    if (color === rgbToHex(MISSING)) {
      this.grounds.push({ box, colors: [rgbOf(color)] });
      return;
    }
    const flat = `bar at ${Math.round(box.y + box.height / 2)}`;
    this.add(flat, "fill", box.x + box.width / 2, box.y + box.height / 2, [color], opacity);
  }
  frame(box: Box, style: LineStyle): void {
    this.polyline([box.x, box.y, box.x + box.width, box.y], style);
  }
  polyline(points: readonly number[], style: LineStyle): void {
    if (points.length > 3) this.line(points, style, "polyline");
  }
  segments(points: readonly number[], style: LineStyle): void {
    if (points.length > 3) this.line(points, style, "segments");
  }
  private line(points: readonly number[], { stroke, opacity = 1 }: LineStyle, what: string): void {
    if (stroke === this.theme.rule) return;
    const [x1, y1, x2, y2] = points;
    this.add(`${what} ${points.join()}`, what, (x1 + x2) / 2, (y1 + y2) / 2, [stroke], opacity);
  }
  dots(points: readonly number[], _radius: number, colors: Color | readonly Color[], opacity = 1): void {
    if (points.length < 2) return;
    this.add(`dots ${points.join()}`, "dots", points[0], points[1], [colors].flat() as Color[], opacity);
  }
  text(x: number, y: number, text: string, { color, halo }: TextStyle): void {
    const layers = [...(halo ? [{ color: rgbOf(halo), opacity: 0.7 }] : []), { color: rgbOf(color), opacity: 1 }];
    const grounds = this.below(x + 1, y - 3);
    this.drawn.push({ shape: "text", mark: { kind: "text", what: `text "${text}"`, layers, grounds } });
  }
  layer(_name: string, _visible: boolean, draw: () => void): void {
    // Of several layers one is seen; all lie on what was drawn before the first.
    const before = new Map(this.outlines);
    draw();
    this.outlines = before;
  }
  image(box: Box, { palette }: IndexedImage): void {
    const colors = Array.from({ length: palette.length / 3 }, (_, k) => Array.from(palette.subarray(3 * k, 3 * k + 3)));
    this.grounds.push({ box, colors });
  }
}
