import type { FitReport } from "../results/types.ts";
import { figurePng, figureSvg } from "./figure.ts";
import { manifoldFigure, mapsFigure, overlayFigure, templateFigure } from "./figures.ts";
import { sigmaFigure, strainFigure, turnFigure } from "./motif_figures.ts";
import { klFigure, lossFigure, scatterFigure, sigmaHistogramFigure } from "./plots.ts";

/** All figures as files for talks and papers: file name → contents, each as PNG and as SVG. */
export function figureFiles(report: FitReport): Map<string, Uint8Array> {
  const turn = turnFigure(report);
  const figures = {
    template: templateFigure(report),
    manifold: manifoldFigure(report),
    maps: mapsFigure(report),
    motifs: overlayFigure(report),
    scatter: scatterFigure(report),
    "position-sigma": sigmaFigure(report),
    strain: strainFigure(report),
    ...(turn && { rotation: turn }),
    kl: klFigure(report),
    "position-sigma-histogram": sigmaHistogramFigure(report),
    ...(report.metrics.history.length > 0 ? { loss: lossFigure(report) } : {}),
  };
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array>();
  for (const [name, figure] of Object.entries(figures)) {
    files.set(`${name}.png`, figurePng(figure));
    files.set(`${name}.svg`, encoder.encode(figureSvg(figure)));
  }
  return files;
}
