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
    const down = samplesAlong(y0, y1, this.rows, image.height, smooth);
    const across = samplesAlong(x0, x1, this.columns, image.width, smooth);
    const { rgb } = this;
    for (let y = down.begin; y < down.end; y++) {
      const [upper, lower] = [down.low[y - down.begin] * image.width, down.high[y - down.begin] * image.width];
      const fr = down.share[y - down.begin];
      for (let x = across.begin, at = 3 * (y * this.columns + x); x < across.end; x++) {
        const [left, right] = [across.low[x - across.begin], across.high[x - across.begin]];
        const fc = across.share[x - across.begin];
        const a = 3 * image.index[upper + left];
        const b = 3 * image.index[upper + right];
        const c = 3 * image.index[lower + left];
        const d = 3 * image.index[lower + right];
        const p = image.palette;
        for (let k = 0; k < 3; k++, at++) {
          const top = (1 - fc) * p[a + k] + fc * p[b + k];
          rgb[at] = Math.round((1 - fr) * top + fr * ((1 - fc) * p[c + k] + fc * p[d + k]));
        }
      }
    }
  }
}

/** Of each device pixel along an axis: the image's pixels before and after it, and the share of the one after. */
interface AxisSamples {
  readonly begin: number;
  readonly end: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float64Array;
}

/** An image of `count` pixels between two edges, on a canvas of `size`; with all the share to the nearest pixel where not `smooth`. */
function samplesAlong(first: number, last: number, size: number, count: number, smooth: boolean): AxisSamples {
  const begin = Math.max(0, first);
  const end = Math.max(begin, Math.min(size, last));
  const length = end - begin;
  const [low, high, share] = [new Int32Array(length), new Int32Array(length), new Float64Array(length)];
  const inside = (k: number) => Math.min(count - 1, Math.max(0, k));
  for (let i = 0; i < length; i++) {
    const at = ((begin + i + 0.5 - first) / (last - first)) * count - 0.5;
    const before = smooth ? Math.floor(at) : Math.round(at);
    low[i] = inside(before);
    high[i] = inside(before + 1);
    share[i] = smooth ? at - before : 0;
  }
  return { begin, end, low, high, share };
}
