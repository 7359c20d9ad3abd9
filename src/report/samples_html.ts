import type { FileNote } from "../results/files.ts";
import { type SamplesReport, shiftUnit } from "../results/samples.ts";
import type { Figure } from "./figure.ts";
import { manifoldFigure } from "./figures.ts";
import { details, figureHtml, hint, pageHtml, section, still } from "./html_page.ts";
import { klFigure, lossFigure, scatterFigure } from "./plots.ts";
import { MOST_HELD } from "./points.ts";
import { samplePoints } from "./sample_points.ts";
import { motifFigure, scanMapsFigure, shiftFigures, shiftSequenceFigure, traversalFigures } from "./samples_figures.ts";
import { formatNumber, quantile } from "./scales.ts";
import { type Headline, latentsHeadline, runHeadlines } from "./summary.ts";

/** Every figure of a fit of samples by its file name. */
export function samplesFigures(samples: SamplesReport): Map<string, Figure> {
  const shifts = shiftFigures(samples);
  const named: [string, Figure | undefined][] = [
    ["maps", scanMapsFigure(samples)],
    ["template", motifFigure(samples)],
    ["manifold", samples.signal ? undefined : manifoldFigure(samples)],
    ...traversalFigures(samples).map((figure, l): [string, Figure] => [`template-z${l + 1}`, figure]),
    ...shifts.map((figure, k): [string, Figure] => [
      shifts.length > 1 ? `shift-${["row", "col"][k]}` : "shift",
      figure,
    ]),
    ["shift-sequence", shiftSequenceFigure(samples)],
    ["scatter", scatterFigure({ motifs: samples.windows, metrics: samples.metrics }, "samples")],
    ["loss", samples.metrics.history.length > 0 ? lossFigure(samples) : undefined],
  ];
  return new Map(named.flatMap(([name, figure]) => (figure ? [[name, figure] as const] : [])));
}

/** What to know of a fit of samples at one glance. */
export function samplesHeadlines(samples: SamplesReport): Headline[] {
  const { windows, signal, scan, metrics } = samples;
  const { factor, unit } = shiftUnit(samples);
  const used = (values: Float64Array) => (signal ? values.filter((_, k) => k % 2 === 1) : values);
  const size = (px: number): Pick<Headline, "value" | "detail"> =>
    unit === "px"
      ? { value: `${formatNumber(px)} px` }
      : { value: `${formatNumber(px * Math.abs(factor))} ${unit}`, detail: `${formatNumber(px)} px` };
  const shift = used(windows.shift);
  const spread = Math.sqrt(
    shift.reduce((sum, v) => sum + v * v, 0) / shift.length -
      (shift.reduce((sum, v) => sum + v, 0) / shift.length) ** 2,
  );
  const points = scan && `a scan of ${scan[0].size} × ${scan[1].size} points`;
  const length = signal && `${signal.size} px each`;
  return [
    {
      label: signal ? "Signals" : "Windows",
      value: windows.count.toLocaleString("en"),
      detail: [points, length].filter(Boolean).join("\n") || undefined,
    },
    { label: "Spread of shifts", ...size(spread) },
    { label: "Median shift σ", ...size(quantile(used(windows.shiftSd), 0.5)) },
    latentsHeadline(metrics),
    ...(metrics.elbo === undefined
      ? []
      : [{ label: "ELBO", value: formatNumber(metrics.elbo, 4), detail: "nats a sample" }]),
    ...runHeadlines(samples),
  ];
}

/** The report of a fit of 1D signals or stand-alone windows as one self-contained HTML page. */
export function samplesHtml(samples: SamplesReport, files: readonly FileNote[] = []): string {
  const figures = samplesFigures(samples);
  const live = samples.windows.count <= MOST_HELD;
  const show = (...names: string[]) =>
    names
      .flatMap((name) => figures.get(name) ?? [])
      .map((figure) => figureHtml(live ? figure : still(figure)))
      .join("");
  const points = live ? samplePoints(samples) : undefined;
  const pointing = points ? hint(points.what) : "";
  const shifts = [...figures.keys()].filter((name) => name.startsWith("shift"));
  const motif = [...figures.keys()].filter((name) => /^(template|manifold)/.test(name));
  const main = [
    figures.has("maps") ? section("Maps over the scan", "", `<div>${show("maps")}${pointing}</div>`) : "",
    section("Motif", "", show(...motif), figureHtml(klFigure(samples))),
    section("Shifts", "Relative to the typical shift of the samples.", show(...shifts)),
    section("Latents", "", `<div>${show("scatter")}${pointing}</div>`),
    figures.has("loss") ? section("Training", "", show("loss")) : "",
    details(samples, "", files),
  ];
  const footer = "Shifts in pixels of a sample unless a unit is given; standard deviations are those of the posterior.";
  return pageHtml({
    title: samples.title,
    headlines: samplesHeadlines(samples),
    main: main.join(""),
    footer,
    points,
  });
}
