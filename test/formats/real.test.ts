/**
 * Every file of ../shared/real (or SHIFT_VAE_REAL_DATA) opens with the kind, shape, unit and scale that its README and the
 * instrument's own metadata say. Values are compared with other people's readers in *.test.ts.
 */
import { existsSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DatasetInfo, shapeOf } from "../../src/data/dataset.ts";
import { withFile } from "../../src/formats/registry.ts";

const REAL = process.env.SHIFT_VAE_REAL_DATA ?? join(import.meta.dirname, "../../../shared/real");

interface Expected {
  readonly format: string;
  /** How many datasets there are. */
  readonly datasets: number;
  /** Of the first: kind, shape, step and unit of each axis, unit of the values ("" where the file has none). */
  readonly kind: DatasetInfo["kind"];
  readonly shape: readonly number[];
  readonly steps: readonly (readonly [step: number, unit: string])[];
  readonly values: string;
}

const pixels = (count: number) => Array.from({ length: count }, (): [number, string] => [1, "px"]);
const square = (step: number) => [[step, "nm"] as const, [step, "nm"] as const];
const image = { datasets: 1, kind: "image", values: "" } as const;
const plain = { ...image, steps: pixels(2) };

const files: Readonly<Record<string, Expected>> = {
  "stem/llto_two_variants.tif": { ...plain, format: "TIFF", shape: [512, 512] },
  "stem/mos2_vacancies.npy": { ...image, format: "NPY", shape: [512, 512], steps: square(7 / 512) },
  "stem/dysco3_line_jitter.png": { ...plain, format: "PNG", shape: [1024, 1024] },
  "stem/graphene_defect_hrtem_f32.tif": { ...plain, format: "TIFF", shape: [512, 512] },
  "stem/srtio3_nsid.hf5": {
    ...{ ...image, format: "HDF5 (NSID)", values: "a.u." },
    ...{ shape: [470, 453], steps: square(0.014559) },
  },
  "stem/perovskite_interface_256.tif": { ...plain, format: "TIFF", shape: [256, 256] },
  "stem/mo_v_oxide_rings.png": { ...plain, format: "PNG", shape: [487, 492] },
  "stem/graphene_si_3frames.npy": {
    ...{ format: "NPY", datasets: 1, kind: "stack", values: "" },
    ...{ shape: [3, 256, 256], steps: pixels(3) },
  },
  "stem/bcc_fe_grain_boundary_u8.npy": { ...plain, format: "NPY", shape: [512, 512] },
  "stm/graphite_terrace_iso_spm.spm": {
    ...{ ...image, format: "ISO 28600 SPM", values: "nm" },
    ...{ shape: [512, 512], steps: square(11.4807 / 512) },
  },
  "stm/nbs2_cdw_2a_wsxm_ascii.txt": {
    ...{ ...image, format: "WSxM", values: "nA" },
    ...{ shape: [512, 512], steps: square(15 / 512) },
  },
  "stm/nbs2_cdw_2b_wsxm_ascii.txt": {
    ...{ ...image, format: "WSxM", values: "nA" },
    ...{ shape: [512, 512], steps: square(15 / 512) },
  },
  "stm/au111_molecules_4nm.sxm": {
    ...{ ...image, format: "Nanonis SXM", datasets: 4, values: "nm" },
    ...{ shape: [256, 256], steps: square(4 / 256) },
  },
  "spectra/bepfm_resonance_32x32x102.npy": {
    ...{ format: "NPY", datasets: 1, kind: "spectral-map", values: "" },
    ...{ shape: [32, 32, 102], steps: pixels(3) },
  },
  "spectra/mn3o4_eels_24x22x138.mat": {
    ...{ format: "MATLAB MAT", datasets: 1, kind: "spectral-map", values: "" },
    ...{ shape: [24, 22, 138], steps: pixels(3) },
  },
  "spectra/eels_srtio3.dm3": {
    ...{ format: "DM3", datasets: 1, kind: "spectra", values: "Counts" },
    shape: [1, 2048],
    steps: [
      [1, "px"],
      [0.25, "eV"],
    ],
  },
  "spectra/eels_al_lowloss.dm3": {
    ...{ format: "DM3", datasets: 1, kind: "spectra", values: "Counts" },
    shape: [1, 2048],
    steps: [
      [1, "px"],
      [0.0201, "eV"],
    ],
  },
  "spectra/nanonis_bias_spectroscopy.dat": {
    ...{ format: "Nanonis DAT", datasets: 4, kind: "spectra", values: "A" },
    shape: [1, 1024],
    steps: [
      [1, "px"],
      [0.000391, "V"],
    ],
  },
  "spectra/eels_si_usid_25x31.h5": {
    ...{ format: "HDF5 (USID)", datasets: 11, kind: "spectral-map", values: "eV" },
    shape: [31, 25, 512],
    steps: [
      [466.67, "nm"],
      [583.33, "nm"],
      [1.329, "eV"],
    ],
  },
  "formats/velox_spectrum_image.emd": {
    ...{ format: "HDF5 (Velox EMD)", datasets: 2, kind: "stack", values: "" },
    shape: [5, 16, 16],
    steps: [[0.0416, "s"], ...square(5.302)],
  },
  "formats/usid_pfm.h5": {
    ...{ ...image, format: "HDF5 (USID)", datasets: 4, values: "m" },
    ...{ shape: [128, 128], steps: square(5000 / 127) },
  },
  "formats/igor_v5_afm.ibw": {
    ...{ ...image, format: "Igor IBW", datasets: 6, values: "nm" },
    ...{ shape: [256, 256], steps: square(19.6) },
  },
  "formats/stm_pt111.gwy": {
    ...{ ...image, format: "Gwyddion", values: "nm" },
    ...{ shape: [512, 512], steps: square(30 / 512) },
  },
  "formats/emd3197_mode2.mrc": {
    ...{ format: "MRC", datasets: 1, kind: "stack", values: "" },
    ...{ shape: [20, 20, 20], steps: [[1.14, "nm"], ...square(1.14)] },
  },
  "formats/rgb8_lzw_predictor2.tiff": { ...plain, format: "TIFF", shape: [687, 772] },
  "formats/structured.npz": {
    ...{ format: "NPZ", datasets: 9, kind: "spectral-map", values: "" },
    ...{ shape: [10, 10, 640], steps: pixels(3) },
  },
};

describe.skipIf(!existsSync(REAL))("real files (skipped where the folder is absent)", () => {
  it("are all in the table, but for notes beside them", () => {
    const found = readdirSync(REAL, { recursive: true, encoding: "utf8" }).filter((name) => extname(name) !== "");
    const data = found.filter((name) => ![".md", ".json"].includes(extname(name)));
    expect(data.sort()).toEqual(Object.keys(files).sort());
  });

  it.each(Object.entries(files))("%s", async (name, expected) => {
    await withFile(join(REAL, name), async ({ format, datasets }) => {
      const { info } = datasets[0];
      expect({ format, datasets: datasets.length }).toEqual({ format: expected.format, datasets: expected.datasets });
      expect(info.kind).toBe(expected.kind);
      expect(shapeOf(info)).toEqual(expected.shape);
      expect(info.axes.map((axis) => axis.unit)).toEqual(expected.steps.map(([, unit]) => unit));
      for (const [k, [step]] of expected.steps.entries()) {
        // The README has three digits or more.
        expect(Math.abs(info.axes[k].scale / step - 1), `${info.axes[k].name}: ${info.axes[k].scale}`).toBeLessThan(
          2e-3,
        );
      }
      expect(info.quantity?.unit ?? "").toBe(expected.values);
      const { data } = await datasets[0].read();
      expect(data.length).toBe(expected.shape.reduce((product, size) => product * size, 1));
    });
  });
});
