/** What a stack and several images become in the formats of other programs: read back by our own readers, equal to the report. */
import { describe, expect, it } from "vitest";
import { shapeOf } from "../src/data/dataset.ts";
import { createRng } from "../src/data/rng.ts";
import { exportKinds } from "../src/export/index.ts";
import { exportSeries } from "../src/export/series.ts";
import { openFile } from "../src/formats/registry.ts";
import { sourceFromBytes } from "../src/formats/source.ts";
import { openZarr } from "../src/formats/zarr.ts";
import { seriesHtml } from "../src/report/series_html.ts";
import { materialOf } from "../src/results/materials.ts";
import { framesCsv, seriesJson } from "../src/results/series_files.ts";
import { seriesScale, withScaleChecks } from "../src/results/series_scale.ts";
import { parseMarkup } from "./report_markup.ts";
import { frame, sample, stackOf } from "./report_series.ts";

const { image } = sample;

const noImage = async () => {
  throw new Error("a stack's frames are not read");
};

function bytesOf(files: ReadonlyMap<string, Uint8Array | string>, name: string): Uint8Array {
  const content = files.get(name);
  if (content === undefined) throw new Error(`no ${name} among ${[...files.keys()].join(", ")}`);
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

describe("a stack", async () => {
  const stack = stackOf([frame(2, 0), frame(4, 1, false), frame(6, 2)]);
  const { files, notes } = await exportSeries(stack, exportKinds, noImage);
  const [rows, cols] = [sample.maps.rowAxis.length, sample.maps.colAxis.length];
  const L = sample.motifs.latentDim;
  const everyZ = stack.frames.flatMap(({ maps }) => maps.z.map((map) => Array.from(map)));

  it("is a HyperSpy file whose maps have the frame as first axis", async () => {
    const file = await openFile(sourceFromBytes("result.hspy", bytesOf(files, "result.hspy")));
    const names = file.datasets.map(({ info }) => info.name);
    expect(names).not.toContain("image");
    const sd = file.datasets.find(({ info }) => info.name === "position_sd");
    if (!sd) throw new Error(names.join(", "));
    expect(shapeOf(sd.info)).toEqual([3, rows, cols]);
    expect(sd.info.axes[0]).toMatchObject({ scale: 0.5, offset: 1.5, unit: "s" });
  });

  it("is a Zarr folder with all frames, NaN where a frame has no lattice", async () => {
    const store = {
      ...{ name: "result.zarr", size: undefined },
      documents: [...files.keys()]
        .filter((name) => name.endsWith(".zarray"))
        .map((name) => name.slice("result.zarr".length)),
      get: async (key: string) => (files.has(`result.zarr${key}`) ? bytesOf(files, `result.zarr${key}`) : undefined),
      getRange: async () => undefined,
    };
    const { datasets } = await openZarr(store);
    const read = async (name: string) => {
      const handle = datasets.find(({ info }) => info.name === name);
      if (!handle) throw new Error(`${name} of ${datasets.map(({ info }) => info.name).join(", ")}`);
      return (await handle.read()).data;
    };
    expect(Array.from(await read("z"))).toEqual(everyZ.flat());
    const strain = await read("strain_xx");
    const middle = strain.subarray(rows * cols, 2 * rows * cols);
    expect(middle.every(Number.isNaN)).toBe(true);
    expect(strain.subarray(0, rows * cols).some(Number.isFinite)).toBe(true);
    const place = await read("motif_row");
    expect(place.length).toBe(3 * sample.motifs.count);
    expect(place[sample.motifs.count]).toBeCloseTo(sample.motifs.position[0] + 1, 4);
    expect(new Set(await read("motif_frame"))).toEqual(new Set([2, 4, 6]));
    expect(Math.max(...(await read("motif_track")))).toBe(sample.motifs.count - 1);
  });

  it("is tables with the frame first", () => {
    const lines = (name: string) => new TextDecoder().decode(bytesOf(files, name)).trim().split("\n");
    const motifs = lines("motif_table.csv").map((line) => line.split(","));
    expect(motifs[0].slice(0, 4)).toEqual(["frame", "track", "motif", "row"]);
    expect(motifs.length).toBe(1 + 3 * sample.motifs.count);
    const strain = motifs[0].indexOf("strain_xx");
    for (const line of motifs.slice(1)) {
      expect(line.length).toBe(motifs[0].length);
      if (line[0] === "4") expect(line[strain]).toBe("");
    }
    expect(motifs.some((line) => line[0] === "6" && line[strain] !== "")).toBe(true);
    const maps = lines("map_table.csv");
    expect(maps.length).toBe(1 + 3 * rows * cols);
    expect(maps.at(-1)?.startsWith("6,")).toBe(true);
  });

  it("is an ImageJ hyperstack: channels are the maps, time the frames", async () => {
    const file = await openFile(sourceFromBytes("maps.tif", bytesOf(files, "maps.tif")));
    const { info } = file.datasets[0];
    expect(shapeOf(info).slice(-2)).toEqual([rows, cols]);
    const text = new TextDecoder("latin1").decode(bytesOf(files, "maps.tif"));
    const channels = Number(/channels=(\d+)/.exec(text)?.[1]);
    expect(text).toContain("frames=3");
    expect(channels).toBe(L + 1 + 6);
    const all = await Promise.all(file.datasets.map((handle) => handle.read()));
    const samples = all.reduce((sum, { data }) => sum + data.length, 0);
    expect(samples).toBe(3 * channels * rows * cols);
  });

  it("names what it wrote", () => {
    for (const { name } of notes) expect([...files.keys()].some((path) => path.startsWith(name))).toBe(true);
  });
});

describe("several images", () => {
  it("have a folder each, with their own pixels", async () => {
    const series = stackOf(
      [
        { ...frame(0, 0), name: "a/one.tif" },
        { ...frame(1, 1), name: "b/one.tif" },
      ],
      "images",
    );
    const { files } = await exportSeries(series, ["hspy", "csv"], async () => image);
    expect([...files.keys()].sort()).toEqual(
      ["one-1", "one-2"].flatMap((name) => [
        `exports/${name}/map_table.csv`,
        `exports/${name}/motif_table.csv`,
        `exports/${name}/result.hspy`,
      ]),
    );
    const file = await openFile(sourceFromBytes("result.hspy", bytesOf(files, "exports/one-2/result.hspy")));
    const pixels = file.datasets.find(({ info }) => /^image$/i.test(info.name));
    if (!pixels) throw new Error(file.datasets.map(({ info }) => info.name).join(", "));
    expect(Array.from((await pixels.read()).data)).toEqual(Array.from(image.data));
  });
});

describe("the scale of a series", () => {
  const { lattice, pixelSize } = sample;
  if (!lattice || !pixelSize) throw new Error("the sample has a lattice and a scale");
  const true_a = lattice.lengthA * pixelSize.value;
  const rng = createRng(5);
  const jittered = (number: number) => ({ ...frame(number, 0.01 * rng.normal()), name: `image ${number}` });
  const frames = [jittered(0), jittered(1), { ...jittered(2), lattice: undefined }];

  it("is silent where all fits, and of a stack says once in how many frames it does not", () => {
    const right = withScaleChecks(stackOf(frames), materialOf(`a=${true_a}`));
    expect(right.frames.map(({ scaleCheck }) => scaleCheck === undefined)).toEqual([false, false, true]);
    expect(seriesScale(right).warnings).toEqual([]);
    const wrong = withScaleChecks(stackOf(frames), materialOf(`a=${true_a / 1.07}`));
    const { warnings } = seriesScale(wrong);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^in 2 of 3 frames .* 7\.0 % too long/);
    const [head, first] = framesCsv(wrong).split("\n");
    expect(head.endsWith("scale_factor,scale_factor_sd")).toBe(true);
    expect(Number(first.split(",").at(-2))).toBeCloseTo(1.07, 2);
    const json = JSON.parse(seriesJson(wrong, {}, []));
    expect(json.warnings).toEqual(warnings);
    expect(json.frames[0].scaleCheck.factor).toBeCloseTo(1.07, 2);
    expect(json.frames[2].scaleCheck).toBeUndefined();
    const page = seriesHtml({ ...wrong, shown: [{ frame: 0, image }] });
    parseMarkup(page);
    expect(page).toContain("in 2 of 3 frames");
  });

  it("is each image's own", () => {
    const [a, b] = frames;
    const half = { ...b, pixelSize: { ...pixelSize, value: pixelSize.value / 1.1 } };
    const { warnings } = seriesScale(withScaleChecks(stackOf([a, half], "images"), materialOf(`a=${true_a}`)));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^image 1: .*too short/);
  });
});
