import type { FitReport } from "../results/types.ts";
import { motifRaster } from "./fields.ts";
import { type Figure, figurePng, figureSvg } from "./figure.ts";
import { manifoldFigure, mapsFigure, overlayFigure, templateFigure } from "./figures.ts";
import { sigmaFigure, strainFigure, turnFigure } from "./motif_figures.ts";
import { klFigure, lossFigure, scatterFigure, sigmaHistogramFigure } from "./plots.ts";

/** The figures of a fit, which files and report have in common. */
export interface ReportFigures {
  readonly template: Figure;
  readonly manifold: Figure;
  readonly maps: Figure;
  readonly motifs: Figure;
  readonly scatter: Figure;
  readonly "position-sigma": Figure;
  readonly strain: Figure;
  /** With rotation or scale. */
  readonly rotation?: Figure;
  readonly kl: Figure;
  readonly "position-sigma-histogram": Figure;
  /** Where there is a history. */
  readonly loss?: Figure;
}

export function reportFigures(report: FitReport): ReportFigures {
  const raster = motifRaster(report);
  const rotation = turnFigure(report, raster);
  return {
    template: templateFigure(report),
    manifold: manifoldFigure(report),
    maps: mapsFigure(report),
    motifs: overlayFigure(report),
    scatter: scatterFigure(report),
    "position-sigma": sigmaFigure(report, raster),
    strain: strainFigure(report, raster),
    ...(rotation && { rotation }),
    kl: klFigure(report),
    "position-sigma-histogram": sigmaHistogramFigure(report),
    ...(report.metrics.history.length > 0 && { loss: lossFigure(report) }),
  };
}

/** A figure, and the paths of its files. */
export interface FigurePlace {
  readonly figure: Figure;
  readonly png: string;
  readonly svg: string;
}

/** PNG and SVG of each figure, made one after the other. While a PNG is packed, in another thread, the next figure is drawn. */
export async function* filesOfFigures(
  figures: Iterable<FigurePlace>,
): AsyncGenerator<[path: string, content: Uint8Array]> {
  let before: { readonly png: string; readonly packed: Promise<Uint8Array> } | undefined;
  for (const { figure, png, svg } of figures) {
    const packed = figurePng(figure);
    yield [svg, new TextEncoder().encode(figureSvg(figure))];
    if (before) yield [before.png, await before.packed];
    before = { png, packed };
  }
  if (before) yield [before.png, await before.packed];
}

/** All figures as files for talks and papers, each as PNG and as SVG, made one after the other: name of the file, contents. */
export async function* figureFiles(report: FitReport): AsyncGenerator<[name: string, content: Uint8Array]> {
  const figures = Object.entries(reportFigures(report));
  yield* filesOfFigures(figures.map(([name, figure]) => ({ figure, png: `${name}.png`, svg: `${name}.svg` })));
}
