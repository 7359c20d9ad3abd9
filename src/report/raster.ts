import { hexToRgb, type Rgb } from "./colormaps.ts";
import { CAP_HEIGHT, layOut } from "./glyphs.ts";
import { encodeRgb, type IndexedImage } from "./png.ts";
import { type Box, type Color, LIGHT_THEME, type LineStyle, type Surface, type TextStyle } from "./surface.ts";

/** Cap height and stroke as shares of the text size, as in common sans-serif faces. */
const CAP_SHARE = 0.72;
const STROKE_SHARE = 0.088;
const BOLD_SHARE = 0.128;

/** Share of a pixel covered by a shape whose edge is `inside` pixels beyond the pixel's centre. */
function coverage(inside: number): number {
  return Math.min(1, Math.max(0, inside + 0.5));
}

/** Distance from (px, py) to the segment from (x1, y1) to (x2, y2). */
function distanceToSegment(px: number, py: number, x1: number, y1: number, x2: number, y2: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length2 = dx * dx + dy * dy;
  const t = length2 > 0 ? Math.min(1, Math.max(0, ((px - x1) * dx + (py - y1) * dy) / length2)) : 0;
  return Math.hypot(px - x1 - t * dx, py - y1 - t * dy);
}

/** An RGB canvas with antialiased discs, lines and text. Everything a figure hands over is in logical pixels; `scale`
 * device pixels each. */
export class RasterSurface implements Surface {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly theme = LIGHT_THEME;
  readonly enlarges = false;
  /** Size in device pixels. */
  readonly columns: number;
  readonly rows: number;
  readonly rgb: Uint8Array;

  constructor(width: number, height: number, scale = 2) {
    this.width = width;
    this.height = height;
    this.scale = scale;
    this.columns = Math.round(width * scale);
    this.rows = Math.round(height * scale);
    this.rgb = new Uint8Array(this.columns * this.rows * 3);
    const paper = hexToRgb(this.theme.paper);
    this.rgb.set(paper);
    for (let filled = 3; filled < this.rgb.length; filled *= 2) this.rgb.copyWithin(filled, 0, filled);
  }

  toPng(): Uint8Array {
    return encodeRgb(this.columns, this.rows, this.rgb);
  }

  private blend(x: number, y: number, color: Rgb, alpha: number): void {
    if (alpha <= 0 || x < 0 || y < 0 || x >= this.columns || y >= this.rows) return;
    const { rgb } = this;
    const at = 3 * (y * this.columns + x);
    rgb[at] += Math.round(alpha * (color[0] - rgb[at]));
    rgb[at + 1] += Math.round(alpha * (color[1] - rgb[at + 1]));
    rgb[at + 2] += Math.round(alpha * (color[2] - rgb[at + 2]));
  }

  fill(box: Box, color: Color, opacity = 1): void {
    const s = this.scale;
    const rgb = hexToRgb(color);
    const [x0, y0, x1, y1] = [box.x * s, box.y * s, (box.x + box.width) * s, (box.y + box.height) * s];
    const overlap = (from: number, to: number, k: number) => Math.min(to, k + 1) - Math.max(from, k);
    for (let y = Math.floor(y0); y < y1; y++) {
      const rowShare = overlap(y0, y1, y);
      for (let x = Math.floor(x0); x < x1; x++) this.blend(x, y, rgb, opacity * rowShare * overlap(x0, x1, x));
    }
  }

  frame({ x, y, width, height }: Box, style: LineStyle): void {
    this.polyline([x, y, x + width, y, x + width, y + height, x, y + height, x, y], style);
  }

  polyline(points: readonly number[], style: LineStyle): void {
    const pieces: number[] = [];
    for (let i = 0; i + 3 < points.length; i += 2) {
      pieces.push(points[i], points[i + 1], points[i + 2], points[i + 3]);
    }
    this.segments(pieces, style);
  }

  segments(points: readonly number[], style: LineStyle): void {
    const pieces = points.map((v) => v * this.scale);
    this.paintSegments(pieces, (style.width * this.scale) / 2, hexToRgb(style.stroke), style.opacity ?? 1);
  }

  /** Paints round-capped segments (device pixels) as one shape, so that joints are not painted twice. */
  private paintSegments(points: readonly number[], radius: number, color: Rgb, opacity: number): void {
    const mask = new Map<number, number>();
    for (let i = 0; i + 3 < points.length; i += 4) {
      const [x1, y1, x2, y2] = [points[i], points[i + 1], points[i + 2], points[i + 3]];
      if (![x1, y1, x2, y2].every(Number.isFinite)) continue;
      const reach = radius + 1;
      const left = Math.max(0, Math.floor(Math.min(x1, x2) - reach));
      const right = Math.min(this.columns - 1, Math.ceil(Math.max(x1, x2) + reach));
      const top = Math.max(0, Math.floor(Math.min(y1, y2) - reach));
      const bottom = Math.min(this.rows - 1, Math.ceil(Math.max(y1, y2) + reach));
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const share = coverage(radius - distanceToSegment(x + 0.5, y + 0.5, x1, y1, x2, y2));
          const at = y * this.columns + x;
          if (share > (mask.get(at) ?? 0)) mask.set(at, share);
        }
      }
    }
    for (const [at, share] of mask)
      this.blend(at % this.columns, Math.floor(at / this.columns), color, share * opacity);
  }

  dots(points: readonly number[], radius: number, colors: Color | readonly Color[], opacity = 1): void {
    const s = this.scale;
    const r = radius * s;
    for (let i = 0; 2 * i + 1 < points.length; i++) {
      const color = hexToRgb(typeof colors === "string" ? colors : colors[i]);
      const [cx, cy] = [points[2 * i] * s, points[2 * i + 1] * s];
      for (let y = Math.floor(cy - r - 1); y <= cy + r + 1; y++) {
        for (let x = Math.floor(cx - r - 1); x <= cx + r + 1; x++) {
          this.blend(x, y, color, opacity * coverage(r - Math.hypot(x + 0.5 - cx, y + 0.5 - cy)));
        }
      }
    }
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const layout = layOut(text);
    const unit = (CAP_SHARE * style.size * this.scale) / CAP_HEIGHT;
    const shift = { start: 0, middle: 0.5, end: 1 }[style.anchor ?? "start"] * layout.width * unit;
    const pieces: number[] = [];
    const place = (u: number, v: number): [number, number] => {
      const [along, up] = [u * unit - shift, v * unit];
      const [dx, dy] = style.vertical ? [-up, -along] : [along, -up];
      return [x * this.scale + dx, y * this.scale + dy];
    };
    for (const stroke of layout.strokes) {
      for (let i = 0; i + 3 < stroke.length; i += 2) {
        pieces.push(...place(stroke[i], stroke[i + 1]), ...place(stroke[i + 2], stroke[i + 3]));
      }
    }
    const radius = ((style.bold ? BOLD_SHARE : STROKE_SHARE) * style.size * this.scale) / 2;
    if (style.halo) this.paintSegments(pieces, radius + 1.2 * this.scale, hexToRgb(style.halo), 0.7);
    this.paintSegments(pieces, radius, hexToRgb(style.color), 1);
  }

  layer(_name: string, visible: boolean, draw: () => void): void {
    if (visible) draw();
  }

  image(box: Box, image: IndexedImage, smooth: boolean): void {
    const s = this.scale;
    const [x0, y0] = [Math.round(box.x * s), Math.round(box.y * s)];
    const [x1, y1] = [Math.round((box.x + box.width) * s), Math.round((box.y + box.height) * s)];
    for (let y = Math.max(0, y0); y < Math.min(this.rows, y1); y++) {
      const row = ((y + 0.5 - y0) / (y1 - y0)) * image.height - 0.5;
      for (let x = Math.max(0, x0); x < Math.min(this.columns, x1); x++) {
        const column = ((x + 0.5 - x0) / (x1 - x0)) * image.width - 0.5;
        this.blend(x, y, sampleColor(image, row, column, smooth), 1);
      }
    }
  }
}

/** Colour of an image at fractional (row, column): of the nearest pixel, or mixed from the four around. */
function sampleColor(image: IndexedImage, row: number, column: number, smooth: boolean): Rgb {
  const at = (r: number, c: number): number => {
    const rr = Math.min(image.height - 1, Math.max(0, r));
    const cc = Math.min(image.width - 1, Math.max(0, c));
    return 3 * image.index[rr * image.width + cc];
  };
  const p = image.palette;
  const nearest = at(Math.round(row), Math.round(column));
  if (!smooth) return [p[nearest], p[nearest + 1], p[nearest + 2]];
  const [r, c] = [Math.floor(row), Math.floor(column)];
  const [fr, fc] = [row - r, column - c];
  const [a, b, d, e] = [at(r, c), at(r, c + 1), at(r + 1, c), at(r + 1, c + 1)];
  const mix = (k: number) =>
    (1 - fr) * ((1 - fc) * p[a + k] + fc * p[b + k]) + fr * ((1 - fc) * p[d + k] + fc * p[e + k]);
  return [mix(0), mix(1), mix(2)];
}
