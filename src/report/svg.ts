import { base64, encodeIndexed, type IndexedImage } from "./png.ts";
import {
  type Box,
  type Color,
  LIGHT_THEME,
  type LineStyle,
  type Surface,
  type TextStyle,
  type Theme,
} from "./surface.ts";

/** Text for XML and HTML, in elements and in quoted attributes. Characters that XML 1.0 forbids are dropped. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

/** A number as short as it may be in a path. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

const FONT_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Collects SVG 1.1 elements; colours are presentation attributes, so that no inline style is needed. */
export class SvgSurface implements Surface {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  readonly scale = 2;
  readonly enlarges = true;
  private readonly parts: string[] = [];

  constructor(width: number, height: number, theme: Theme = LIGHT_THEME) {
    this.width = width;
    this.height = height;
    this.theme = theme;
  }

  /** The whole figure. The title is for screen readers: a title element would pop up over the report's own hints. */
  toSvg(title: string, attributes = ""): string {
    const size = `width="${short(this.width)}" height="${short(this.height)}"`;
    const view = `viewBox="0 0 ${short(this.width)} ${short(this.height)}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${view} role="img" aria-label="${escapeXml(title)}" font-family="${escapeXml(FONT_FAMILY)}"${attributes}>`;
    return `${open}${this.parts.join("")}</svg>`;
  }

  fill({ x, y, width, height }: Box, color: Color, opacity = 1): void {
    const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
    this.parts.push(`<rect ${place} fill="${color}"${opacityOf(opacity, "fill-opacity")}/>`);
  }

  frame({ x, y, width, height }: Box, style: LineStyle): void {
    this.path(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`, style);
  }

  polyline(points: readonly number[], style: LineStyle): void {
    const steps: string[] = [];
    for (let i = 0; i + 1 < points.length; i += 2) steps.push(`${short(points[i])} ${short(points[i + 1])}`);
    if (steps.length > 1) this.path(`M${steps.join("L")}`, style);
  }

  segments(points: readonly number[], style: LineStyle): void {
    const steps: string[] = [];
    for (let i = 0; i + 3 < points.length; i += 4) {
      const [x1, y1, x2, y2] = points.slice(i, i + 4).map(short);
      steps.push(`M${x1} ${y1}L${x2} ${y2}`);
    }
    if (steps.length > 0) this.path(steps.join(""), style);
  }

  private path(d: string, style: LineStyle): void {
    const line = `stroke="${style.stroke}" stroke-width="${short(style.width)}"${opacityOf(style.opacity ?? 1, "stroke-opacity")}`;
    this.parts.push(`<path d="${d}" fill="none" stroke-linecap="round" stroke-linejoin="round" ${line}/>`);
  }

  /** Discs of one colour are one path of round-capped points: a tenth of the size of as many circles. */
  dots(points: readonly number[], radius: number, colors: Color | readonly Color[], opacity = 1): void {
    const byColor = new Map<Color, string[]>();
    for (let i = 0; 2 * i + 1 < points.length; i++) {
      const color = typeof colors === "string" ? colors : colors[i];
      const marks = byColor.get(color) ?? [];
      marks.push(`M${short(points[2 * i])} ${short(points[2 * i + 1])}h0`);
      byColor.set(color, marks);
    }
    for (const [stroke, marks] of byColor) this.path(marks.join(""), { stroke, width: 2 * radius, opacity });
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const anchor = style.anchor && style.anchor !== "start" ? ` text-anchor="${style.anchor}"` : "";
    const weight = style.bold ? ' font-weight="600"' : "";
    const turn = style.vertical ? ` transform="rotate(-90 ${short(x)} ${short(y)})"` : "";
    const halo = style.halo
      ? ` stroke="${style.halo}" stroke-opacity=".7" stroke-width="2.6" paint-order="stroke"`
      : "";
    const look = `font-size="${short(style.size)}" fill="${style.color}"${anchor}${weight}${turn}${halo}`;
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" ${look}>${escapeXml(text)}</text>`);
  }

  layer(name: string, visible: boolean, draw: () => void): void {
    this.parts.push(`<g data-layer="${escapeXml(name)}"${visible ? "" : ' display="none"'}>`);
    draw();
    this.parts.push("</g>");
  }

  image(box: Box, image: IndexedImage, smooth: boolean): void {
    const place = `x="${short(box.x)}" y="${short(box.y)}" width="${short(box.width)}" height="${short(box.height)}"`;
    const rendering = smooth ? "" : ' image-rendering="pixelated"';
    this.parts.push(`<image ${place} preserveAspectRatio="none"${rendering} href="${uriOf(image)}"/>`);
  }
}

/** Data URIs of pictures: the same one goes into a figure's file and into the report. */
const uris = new WeakMap<IndexedImage, string>();

function uriOf(image: IndexedImage): string {
  const uri = uris.get(image) ?? `data:image/png;base64,${base64(encodeIndexed(image))}`;
  uris.set(image, uri);
  return uri;
}

function opacityOf(opacity: number, name: string): string {
  return opacity < 1 ? ` ${name}="${short(opacity)}"` : "";
}
