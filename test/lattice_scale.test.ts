import { describe, expect, it } from "vitest";
import { withPixelSize } from "../src/data/dataset.ts";
import { pixelSizeOf } from "../src/fit/image.ts";
import { latticeErrors, scaledLattice } from "../src/results/lattice_errors.ts";
import { materialNames, materialOf } from "../src/results/materials.ts";
import { checkScale } from "../src/results/scale_check.ts";
import type { FitReport, Lattice, Motifs } from "../src/results/types.ts";
import { sampleReport } from "./report_sample.ts";

type Vector = readonly [number, number];

/** Park–Miller and Box–Muller. */
function gaussianSource(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const SIDE = 9;

/** A patch of lattice with noise (px), and the lattice fitted to it by the normal equations of a full grid of sites. */
function patch(a: Vector, b: Vector, noise: number, gaussian: () => number): { motifs: Motifs; lattice: Lattice } {
  const middle = (SIDE - 1) / 2;
  const sites = Array.from({ length: SIDE * SIDE }, (_, n) => [Math.floor(n / SIDE) - middle, (n % SIDE) - middle]);
  const position = Float64Array.from(
    sites.flatMap(([i, j]) => [0, 1].map((d) => 200 + i * a[d] + j * b[d] + noise * gaussian())),
  );
  const weight = sites.reduce((sum, [i]) => sum + i * i, 0);
  const slope = (k: 0 | 1) =>
    [0, 1].map((d) => sites.reduce((sum, site, n) => sum + site[k] * position[2 * n + d], 0) / weight) as [
      number,
      number,
    ];
  const [u, v] = [slope(0), slope(1)];
  const none = new Float64Array(sites.length);
  const motifs = {
    count: sites.length,
    latentDim: 1,
    position,
    positionSd: position,
    z: none,
    zSd: none,
    windows: new Int32Array(sites.length),
  };
  const fitted = scaledLattice({ a: u, b: v }, [1, 1]);
  return { motifs, lattice: { ...fitted, coverage: 1, motifsPerCell: 1, residual: noise * Math.SQRT2 } };
}

function spread(values: readonly number[]): number {
  const mean = values.reduce((s, v) => s + v, 0) / values.length;
  return Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (values.length - 1));
}

describe("errors of the lattice", () => {
  it.each([
    [
      [12, 0.4],
      [-0.3, 11.5],
      [1, 1],
    ],
    [
      [0, 10],
      [8.66, 5],
      [0.02, 0.03],
    ],
  ] as [Vector, Vector, Vector][])("are what repeated noise gives: a %j, b %j, pixels of %j", (a, b, sides) => {
    const gaussian = gaussianSource(11);
    const trials = Array.from({ length: 2500 }, () => scaledLattice(patch(a, b, 0.3, gaussian).lattice, sides));
    const { motifs, lattice } = patch(a, b, 0, () => 0);
    const errors = latticeErrors(motifs, { ...lattice, residual: 0.3 * Math.SQRT2 }, sides);
    const root = (t: (typeof trials)[number]) => Math.log(Math.abs(t.a[0] * t.b[1] - t.a[1] * t.b[0])) / 2;
    // Of 2500 trials a standard deviation is known to 1.4 %.
    const ratios = [
      errors.lengthA / spread(trials.map((t) => t.lengthA)),
      errors.lengthB / spread(trials.map((t) => t.lengthB)),
      errors.angle / spread(trials.map((t) => t.angle)),
      errors.scale / spread(trials.map(root)),
    ];
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  });
});

/** A fit whose lattice has vectors `a` and `b` in nm, in an image that says its pixels are `said` nm and where they are 0.02 nm. */
function imageOf(a: Vector, b: Vector, said: number | undefined): FitReport {
  const pixels = (v: Vector): Vector => [v[0] / 0.02, v[1] / 0.02];
  const { motifs, lattice } = patch(pixels(a), pixels(b), 0.05, gaussianSource(3));
  const report = sampleReport({ rows: 64, cols: 64 });
  return { ...report, motifs, lattice, pixelSize: said === undefined ? undefined : { value: said, unit: "nm" } };
}

function turned(length: number, degrees: number): Vector {
  const t = (degrees * Math.PI) / 180;
  return [length * Math.sin(t), length * Math.cos(t)];
}

describe("the lattice against a material", () => {
  const cases: [string, Vector, Vector, string][] = [
    ["SrTiO3", turned(0.3905, 20), turned(0.3905, 110), "[001]"],
    ["graphite", turned(0.2464, 7), turned(0.2464, 67), "layer"],
    ["MoS2", turned(0.316, 7), turned(0.316, 127), "layer"],
    // Diamond along [110]: a centred rectangle of a and a/√2.
    ["Si", turned(0.5431, 0), [Math.SQRT1_2 * 0.5431 * 0.5, 0.5431 / 2], "[110]"],
    ["Si", turned(0.5431 / 2, 5), turned(0.5431 / 2, 95), "[001]"],
    ["Au(111)", turned(0.4079 * Math.SQRT1_2, 5), turned(0.4079 * Math.SQRT1_2, 65), "(111)"],
    ["Fe", turned(0.2866 * Math.SQRT1_2, 5), turned(0.2866 * Math.SQRT1_2, 95), "[001]"],
    ["a=0.25", turned(0.25, 5), turned(0.25, 65), "hexagonal"],
    ["a=0.25", turned(0.25, 5), turned(0.25, 95), "square"],
    ["a=0.3,b=0.4,gamma=80", turned(0.3, 5), turned(0.4, 85), "cell"],
  ];
  it.each(cases)("%s fits where the scale is right, and tells by how much where it is wrong", (text, a, b, face) => {
    const material = materialOf(text);
    const right = checkScale(imageOf(a, b, 0.02), material);
    expect(right).toMatchObject({ face, cell: "1 × 1 cell", warning: undefined, note: undefined });
    expect(Math.abs((right?.factor ?? 0) - 1)).toBeLessThan(2 * (right?.factorSd ?? 0));
    for (const wrong of [0.93, 1.04]) {
      const check = checkScale(imageOf(a, b, 0.02 * wrong), material);
      expect(check).toMatchObject({ face, cell: "1 × 1 cell" });
      expect(Math.abs((check?.factor ?? 0) / wrong - 1)).toBeLessThan(0.004);
      expect(Math.abs((check?.impliedPixelSize ?? 0) / 0.02 - 1)).toBeLessThan(0.004);
      expect(check?.warning).toContain(`factor of ${check?.factor?.toFixed(3)}`);
      expect(check?.warning).toContain(wrong > 1 ? "too long" : "too short");
    }
  });

  it("tells the pixel size where the image has none, and is silent about images of another unit", () => {
    const [a, b] = [turned(0.2464, 7), turned(0.2464, 67)];
    const check = checkScale(imageOf(a, b, undefined), materialOf("graphene"));
    expect(check?.impliedPixelSize).toBeCloseTo(0.02, 4);
    expect(check).not.toHaveProperty("factor");
    expect(check).not.toHaveProperty("warning");
    const report = imageOf(a, b, 1);
    expect(checkScale({ ...report, pixelSize: { value: 1, unit: "1/nm" } }, materialOf("graphene"))).toBeUndefined();
    expect(checkScale({ ...report, lattice: undefined }, materialOf("graphene"))).toBeUndefined();
  });

  it("knows a superstructure, and a motif that is less than the unit cell, and says so", () => {
    const root3 = checkScale(
      imageOf(turned(0.2464 * Math.sqrt(3), 0), turned(0.2464 * Math.sqrt(3), 60), 0.02),
      materialOf("graphite"),
    );
    expect(root3).toMatchObject({ cell: "√3 × √3 cell", warning: undefined });
    expect(root3?.note).toContain("1.73");
    const half = 0.3905 * Math.SQRT1_2;
    const centred = checkScale(imageOf(turned(half, 45), turned(half, 135), 0.02), materialOf("SrTiO3"));
    expect(centred).toMatchObject({ cell: "1/√2 × 1/√2 cell", warning: undefined });
    expect(centred?.factor).toBeCloseTo(1, 2);
    const row = checkScale(imageOf(turned(0.3905, 0), turned(0.781, 90), 0.02), materialOf("SrTiO3[001]"));
    expect(row).toMatchObject({ cell: "cell of 2 unit cells", warning: undefined });
  });

  it("takes the difference between directions for an uncertainty, and another shape for another material", () => {
    const stretched = checkScale(imageOf([0.3905 * 1.03, 0], [0, 0.3905], 0.02), materialOf("SrTiO3"));
    expect(stretched?.distortion).toBeCloseTo(1.03, 2);
    expect(stretched?.factorSd).toBeGreaterThan(Math.log(1.029) / 2 / Math.sqrt(3));
    expect(stretched?.warning).toBeUndefined();
    const hexagonal = checkScale(imageOf(turned(0.3905, 0), turned(0.3905, 60), 0.02), materialOf("SrTiO3[001]"));
    expect(hexagonal?.warning).toMatch(/another shape/);
  });

  it("measures with the sides that pixels have", () => {
    const report = imageOf([0.3905 * 2, 0], [0, 0.3905], 0.02);
    const check = checkScale(
      { ...report, pixelSize: { value: 0.02, rowValue: 0.01, unit: "nm" } },
      materialOf("SrTiO3"),
    );
    expect(check?.factor).toBeCloseTo(1, 2);
    expect(check?.distortion).toBeCloseTo(1, 2);
  });
});

describe("materials", () => {
  it("are known by name in any case, each with constants of a stated source", () => {
    for (const name of materialNames) {
      const material = materialOf(name.toLowerCase());
      expect(material.name).toBe(name);
      expect(material.source).toMatch(/\d{4}|Ioffe|without a source that was looked up/);
      for (const { a, b } of material.faces) {
        expect(Math.hypot(...a)).toBeGreaterThan(0.1);
        expect(Math.hypot(...b)).toBeGreaterThanOrEqual(Math.hypot(...a) * (1 - 1e-9));
      }
    }
    expect(materialOf("Si").faces.map((face) => face.name)).toEqual([
      "[001]",
      "(001)",
      "[110]",
      "(110)",
      "[111]",
      "(111)",
    ]);
  });

  it.each(["unobtainium", "", "a=0", "a=x", "b=0.3", "a=1,a=2", "c=3", "Si[112]", "graphite[001]", "a=0.3,gamma=180"])(
    "refuses %j by the option's name",
    (text) => {
      expect(() => materialOf(text)).toThrow(/^--material: .*expected/);
    },
  );
});

describe("a pixel size that is given", () => {
  const axis = (name: string, unit: string, scale: number, offset = 0) => ({ name, size: 4, scale, offset, unit });
  const base = { name: "x", dtype: "float32", metadata: {}, data: new Float32Array(64) };

  it("replaces that of the spatial axes and no other", () => {
    const image = { ...base, kind: "image" as const, axes: [axis("row", "px", 1, 8), axis("column", "nm", 0.5, 2)] };
    expect(withPixelSize(image, 0.1).axes).toEqual([axis("row", "nm", 0.1, 0.8), axis("column", "nm", 0.1, 0.4)]);
    const map = {
      ...base,
      kind: "spectral-map" as const,
      axes: [axis("row", "px", 1), axis("column", "px", 1), axis("energy", "eV", 2)],
    };
    expect(withPixelSize(map, 0.1).axes.map((a) => a.unit)).toEqual(["nm", "nm", "eV"]);
    const stack = {
      ...base,
      kind: "stack" as const,
      axes: [axis("frame", "s", 3), axis("row", "px", 1), axis("column", "px", 1)],
    };
    expect(withPixelSize(stack, 0.1).axes.map((a) => a.scale)).toEqual([3, 0.1, 0.1]);
  });

  it("is read with both sides where they differ", () => {
    const image = (row: number) => ({
      ...base,
      kind: "image" as const,
      axes: [axis("row", "nm", row), axis("column", "nm", 0.5)],
    });
    expect(pixelSizeOf(image(0.5))).toEqual({ value: 0.5, unit: "nm" });
    expect(pixelSizeOf(image(-0.25))).toEqual({ value: 0.5, unit: "nm", rowValue: 0.25 });
  });
});
