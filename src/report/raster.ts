import { hexToRgb, type Rgb } from "./colormaps.ts";
import { CAP_HEIGHT, layOut } from "./glyphs.ts";
import { encodeRgb, type IndexedImage, packedLength } from "./png.ts";
import { type Box, type Color, LIGHT_THEME, type LineStyle, type Surface, type TextStyle } from "./surface.ts";

/** Cap height and stroke as shares of the text size, as in common sans-serif faces. */
const CAP_SHARE = 0.72;
const STROKE_SHARE = 0.088;
const BOLD_SHARE = 0.128;

/** Share of a pixel covered by a shape whose edge is `inside` pixels beyond the pixel's centre. */
function coverage(inside: number): number {
  return Math.min(1, Math.max(0, inside + 0.5));
}

/** Share of a pixel covered by a disc, or a line with round ends, of that radius, from the squared distance of their centres. */
function coverageAt(square: number, radius: number): number {
  if (square >= (radius + 0.5) ** 2) return 0;
  return coverage(radius - Math.sqrt(square));
}

/** Squared distance from (px, py) to the segment from (x1, y1) to (x2, y2). */
function squareToSegment(px: number, py: number, x1: number, y1: number, x2: number, y2: number): number {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const length2 = dx * dx + dy * dy;
  const t = length2 > 0 ? Math.min(1, Math.max(0, ((px - x1) * dx + (py - y1) * dy) / length2)) : 0;
  const ox = px - x1 - t * dx;
  const oy = py - y1 - t * dy;
  return ox * ox + oy * oy;
}

/** How much of each pixel of a part of the canvas a shape covers, in 255ths. */
interface Mask {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly shares: Uint8Array;
}

/** Adds the round-capped segment from points[i], points[i + 1] to points[i + 2], points[i + 3]. */
function coverSegment(mask: Mask, points: readonly number[], i: number, radius: number): void {
  const [x1, y1, x2, y2] = [
    points[i] - mask.left,
    points[i + 1] - mask.top,
    points[i + 2] - mask.left,
    points[i + 3] - mask.top,
  ];
  const reach = radius + 1;
  const left = Math.max(0, Math.floor(Math.min(x1, x2) - reach));
  const right = Math.min(mask.columns - 1, Math.ceil(Math.max(x1, x2) + reach));
  const top = Math.max(0, Math.floor(Math.min(y1, y2) - reach));
  const bottom = Math.min(mask.rows - 1, Math.ceil(Math.max(y1, y2) + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const share = 255 * coverageAt(squareToSegment(x + 0.5, y + 0.5, x1, y1, x2, y2), radius);
      const at = y * mask.columns + x;
      if (share > mask.shares[at]) mask.shares[at] = Math.round(share);
    }
  }
}

/** Memory of canvases that are packed: a figure takes megabytes, which would be garbage for a while. */
const spare: ArrayBufferLike[] = [];

/** Bytes of whatever content. */
function takeBytes(length: number): Uint8Array {
  const known = spare.findIndex(({ byteLength }) => byteLength >= length);
  const [buffer] = known < 0 ? [new ArrayBuffer(length)] : spare.splice(known, 1);
  // Those that were too small this time are not kept for another.
  if (known < 0) spare.length = 0;
  return new Uint8Array(buffer, 0, length);
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
  /** Ends with `rgb`; what comes before it is for the PNG. */
  private readonly packed: Uint8Array;

  constructor(width: number, height: number, scale = 2) {
    this.width = width;
    this.height = height;
    this.scale = scale;
    this.columns = Math.round(width * scale);
    this.rows = Math.round(height * scale);
    this.packed = takeBytes(packedLength(this.columns, this.rows));
    this.rgb = this.packed.subarray(this.rows);
    const paper = hexToRgb(this.theme.paper);
    this.rgb.set(paper);
    for (let filled = 3; filled < this.rgb.length; filled *= 2) this.rgb.copyWithin(filled, 0, filled);
  }

  /** The finished picture; the canvas is gone then. */
  async toPng(): Promise<Uint8Array> {
    const png = await encodeRgb(this.columns, this.rows, this.rgb, this.packed);
    spare.push(this.packed.buffer);
    return png;
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
    const across = overlaps(box.x * s, (box.x + box.width) * s, this.columns);
    const down = overlaps(box.y * s, (box.y + box.height) * s, this.rows);
    for (let r = 0; r < down.share.length; r++) {
      for (let c = 0; c < across.share.length; c++) {
        this.blend(across.begin + c, down.begin + r, rgb, opacity * down.share[r] * across.share[c]);
      }
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
    const pieces: number[] = [];
    for (let i = 0; i + 3 < points.length; i += 4) {
      const piece = points.slice(i, i + 4);
      if (piece.every(Number.isFinite)) pieces.push(...piece);
    }
    const mask = this.maskAbout(pieces, radius + 1);
    for (let i = 0; i < pieces.length; i += 4) coverSegment(mask, pieces, i, radius);
    for (let y = 0; y < mask.rows; y++) {
      for (let x = 0; x < mask.columns; x++) {
        const share = mask.shares[y * mask.columns + x];
        if (share > 0) this.blend(mask.left + x, mask.top + y, color, (share / 255) * opacity);
      }
    }
  }

  /** Nothing covered yet of the part of the canvas that is within `reach` of the points. */
  private maskAbout(points: readonly number[], reach: number): Mask {
    const edges = (axis: 0 | 1, size: number) => {
      let [least, most] = [size, -1];
      for (let i = axis; i < points.length; i += 2) {
        least = Math.min(least, points[i]);
        most = Math.max(most, points[i]);
      }
      const first = Math.max(0, Math.floor(least - reach));
      return [first, Math.max(0, Math.min(size, Math.ceil(most + reach) + 1) - first)];
    };
    const [[left, columns], [top, rows]] = [edges(0, this.columns), edges(1, this.rows)];
    return { left, top, columns, rows, shares: new Uint8Array(rows * columns) };
  }

  dots(points: readonly number[], radius: number, colors: Color | readonly Color[], opacity = 1): void {
    const s = this.scale;
    const r = radius * s;
    for (let i = 0; 2 * i + 1 < points.length; i++) {
      const color = hexToRgb(typeof colors === "string" ? colors : colors[i]);
      const [cx, cy] = [points[2 * i] * s, points[2 * i + 1] * s];
      for (let y = Math.floor(cy - r - 1); y <= cy + r + 1; y++) {
        for (let x = Math.floor(cx - r - 1); x <= cx + r + 1; x++) {
          this.blend(x, y, color, opacity * coverageAt((x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2, r));
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
    // The same two rows of the image lie about several rows of the canvas.
    let [upper, lower] = [new StretchedRow(across), new StretchedRow(across)];
    for (let y = down.begin; y < down.end; y++) {
      const k = y - down.begin;
      if (upper.row !== down.low[k]) [upper, lower] = [lower, upper];
      upper.take(image, down.low[k]);
      const share = down.share[k];
      if (share > 0) lower.take(image, down.high[k]);
      this.mix(3 * (y * this.columns + across.begin), upper.rgb, lower.rgb, share);
    }
  }

  /** Bytes from `at` on are (1 − share) of one row and `share` of another, both in fixed point as `share` is. */
  private mix(at: number, one: Int32Array, other: Int32Array, share: number): void {
    const { rgb } = this;
    const rest = FIXED - share;
    const half = (FIXED * FIXED) / 2;
    for (let i = 0; i < one.length; i++) rgb[at + i] = (rest * one[i] + share * other[i] + half) >> (2 * FIXED_BITS);
  }
}

/** Shares and interpolated colours are whole numbers of 1/1024: fast, and far finer than a colour's step. */
const FIXED_BITS = 10;
const FIXED = 1 << FIXED_BITS;

/** A row of an image, interpolated at the canvas's columns. */
class StretchedRow {
  row = -1;
  /** In fixed point. */
  readonly rgb: Int32Array;
  private readonly across: AxisSamples;

  constructor(across: AxisSamples) {
    this.across = across;
    this.rgb = new Int32Array(3 * across.share.length);
  }

  take({ width, index, palette }: IndexedImage, row: number): void {
    if (row === this.row) return;
    this.row = row;
    const { low, high, share } = this.across;
    const { rgb } = this;
    const first = row * width;
    for (let x = 0, to = 0; x < share.length; x++, to += 3) {
      const a = 3 * index[first + low[x]];
      const b = 3 * index[first + high[x]];
      const part = share[x];
      const rest = FIXED - part;
      rgb[to] = rest * palette[a] + part * palette[b];
      rgb[to + 1] = rest * palette[a + 1] + part * palette[b + 1];
      rgb[to + 2] = rest * palette[a + 2] + part * palette[b + 2];
    }
  }
}

/** How much of each of a canvas's pixels along an axis lies between two edges. */
function overlaps(from: number, to: number, size: number): { begin: number; share: Float64Array } {
  const begin = Math.max(0, Math.floor(from));
  const length = Math.max(0, Math.min(size, Math.ceil(to)) - begin);
  return {
    begin,
    share: Float64Array.from({ length }, (_, k) => Math.min(to, begin + k + 1) - Math.max(from, begin + k)),
  };
}

/** Of each device pixel along an axis: the image's pixels before and after it, and the share of the one after, in fixed point. */
interface AxisSamples {
  readonly begin: number;
  readonly end: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Int32Array;
}

/** An image of `count` pixels between two edges, on a canvas of `size`; with all the share to the nearest pixel where not `smooth`. */
function samplesAlong(first: number, last: number, size: number, count: number, smooth: boolean): AxisSamples {
  const begin = Math.max(0, first);
  const end = Math.max(begin, Math.min(size, last));
  const length = end - begin;
  const [low, high, share] = [new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  const inside = (k: number) => Math.min(count - 1, Math.max(0, k));
  for (let i = 0; i < length; i++) {
    const at = ((begin + i + 0.5 - first) / (last - first)) * count - 0.5;
    const before = smooth ? Math.floor(at) : Math.round(at);
    low[i] = inside(before);
    high[i] = inside(before + 1);
    share[i] = smooth ? Math.round(FIXED * (at - before)) : 0;
  }
  return { begin, end, low, high, share };
}
