import { RasterSurface } from "./raster.ts";
import type { Limits } from "./scales.ts";
import { type Box, CSS_THEME, type Surface } from "./surface.ts";
import { escapeXml, SvgSurface } from "./svg.ts";

/** A figure: its size in logical pixels, what it shows in words, and how to draw it on any surface. */
export interface Figure {
  readonly width: number;
  readonly height: number;
  /** For readers who do not see it. */
  readonly alt: string;
  draw(surface: Surface): void;
  /** The same as figures of their own, which a page arranges by its width. */
  readonly parts?: readonly Figure[];
  /** What a page says below the parts. */
  readonly notes?: readonly string[];
  /** Boxes that show the whole of a field (an image, a scan), so that a pointer in one can be turned into a position. */
  readonly views?: readonly Box[];
  /** Which of the page's fields they show. */
  readonly field?: number;
  /** The scatter plot's box, what its axes show, and the page's columns (x, y) that its dots are. */
  readonly scatter?: {
    readonly box: Box;
    readonly x: Limits;
    readonly y: Limits;
    readonly columns: readonly [string, string];
  };
}

/** PNG file of a figure, two device pixels a logical pixel. */
export function figurePng(figure: Figure): Promise<Uint8Array> {
  const surface = new RasterSurface(figure.width, figure.height);
  figure.draw(surface);
  return surface.toPng();
}

/** SVG file of a figure, on white paper. */
export function figureSvg(figure: Figure): string {
  const surface = new SvgSurface(figure.width, figure.height);
  surface.fill({ x: 0, y: 0, width: figure.width, height: figure.height }, surface.theme.paper);
  figure.draw(surface);
  return surface.toSvg(figure.alt);
}

/** SVG element for the report: in the style sheet's colours, transparent, and told where its views are. */
export function figureElement(figure: Figure): string {
  const surface = new SvgSurface(figure.width, figure.height, CSS_THEME);
  figure.draw(surface);
  const boxes = figure.views?.map((box) => [box.x, box.y, box.width, box.height]);
  const views = boxes && { field: figure.field ?? 0, boxes };
  const scatter = figure.scatter && { ...figure.scatter, box: Object.values(figure.scatter.box) };
  const attribute = (name: string, value: object | undefined) =>
    value ? ` data-${name}="${escapeXml(JSON.stringify(value))}"` : "";
  return surface.toSvg(figure.alt, attribute("views", views) + attribute("scatter", scatter));
}
