import { pixelSides } from "../results/lattice_errors.ts";
import type { SamplesReport } from "../results/samples.ts";
import type { Grid } from "../results/types.ts";
import type { Dimension, LabelledArray } from "./arrays.ts";
import { sampleQuantities } from "./sample_quantities.ts";

/** Where the samples lie: over the scan, or one after the other. */
function placesOf({ scan, windows }: SamplesReport): Dimension[] {
  if (!scan) return [{ name: "sample", size: windows.count }];
  return scan.map(({ size, scale, offset, unit }, k) => ({ name: ["row", "col"][k], size, scale, offset, unit }));
}

/** Template and manifold in the data's unit. A signal's decoded curve reaches beyond it on both sides. */
function motifArrays({ template, manifold, moments, signal, middle, pixelSize }: SamplesReport): LabelledArray[] {
  const inUnit = (grids: readonly Grid[]) =>
    Float32Array.from(
      grids.flatMap(({ data }) => Array.from(data)),
      (v) => moments.mean + moments.sd * v,
    );
  const [rowSide, colSide] = pixelSides(pixelSize);
  const unit = pixelSize?.unit ?? "px";
  const axes = (prefix: string): Dimension[] => {
    if (signal) {
      const { name, scale, offset, size } = signal;
      const first = offset + scale * ((size - 1) / 2 - middle);
      return [{ name: `${prefix}_${name}`, size: template.cols, scale, offset: first, unit: signal.unit }];
    }
    return [
      { name: `${prefix}_row`, size: template.rows, scale: rowSide, offset: 0, unit },
      { name: `${prefix}_col`, size: template.cols, scale: colSide, offset: 0, unit },
    ];
  };
  const grid = [manifold.axis1, manifold.axis2].map((axis, k): Dimension => {
    const scale = axis.length > 1 ? axis[1] - axis[0] : 1;
    return { name: `manifold_z${k + 1}`, size: axis.length, scale, offset: axis[0], unit: "" };
  });
  const shown = signal ? 1 : 2;
  return [
    ...[
      {
        name: "template",
        title: "Motif at z = 0",
        unit: "",
        dimensions: axes("template"),
        data: inUnit([template]),
        shown,
      } as const,
    ],
    {
      name: "manifold",
      title: "Motif over the first two latents",
      unit: "",
      dimensions: [...grid, ...axes("manifold")],
      data: inUnit(manifold.tiles),
      shown,
    },
  ];
}

/** Everything of the samples that is an array: template, manifold, and each quantity over the scan or along the samples. */
export function sampleArrays(samples: SamplesReport): LabelledArray[] {
  const { latentDim: L } = samples.windows;
  const places = placesOf(samples);
  const shown = samples.scan ? 2 : 1;
  const latent = { name: "latent", size: L, scale: 1, offset: 1, unit: "" };
  const all = sampleQuantities(samples);
  const [z, zSd] = [all.slice(0, L), all.slice(L, 2 * L)].map((each) =>
    each.flatMap(({ values }) => Array.from(values)),
  );
  const stack = (name: string, title: string, values: number[]) => ({
    ...({ name, title, unit: "", dimensions: [latent, ...places], data: Float32Array.from(values), shown } as const),
  });
  return [
    ...motifArrays(samples),
    stack("z", "Latents", z),
    stack("z_sd", "Standard deviations of the latents", zSd),
    ...all
      .slice(2 * L)
      .map(({ values, ...array }): LabelledArray => ({ ...array, dimensions: places, data: values, shown })),
  ];
}
