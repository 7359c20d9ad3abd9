import { describe, expect, it } from "vitest";
import type { Dataset } from "../src/data/dataset.ts";
import { createRng } from "../src/data/rng.ts";
import { ConfigError } from "../src/errors.ts";
import { mirrored } from "../src/fit/series.ts";
import { encodeSeries, fitSeries, framesOfImages, framesOfStack, Model, seriesHtml } from "../src/index.ts";
import { KdTree } from "../src/results/neighbours.ts";
import { frameReport } from "../src/results/series.ts";
import { framesCsv, seriesMotifsCsv } from "../src/results/series_files.ts";
import { parseMarkup } from "./report_markup.ts";

/*
 * A movie of a drifting lattice of columns whose brightness alternates in stripes: small, quick, everything known.
 */
const SPACING = 12;
const quick = {
  seed: 3,
  threads: 1,
  samples: 1500,
  epochs: 2,
  restarts: 2,
  templates: 1,
  latentDim: 1,
  reproducible: true,
} as const;

/** Columns at i·SPACING + offset; brighter where `bright`. */
function crystal(rows: number, cols: number, offset: readonly [number, number], seed: number): Float32Array {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: rows * cols }, () => 0.08 * rng.normal());
  for (let i = -2; i < rows / SPACING + 2; i++) {
    for (let j = -2; j < cols / SPACING + 2; j++) {
      const [r, c] = [i * SPACING + offset[0], j * SPACING + offset[1]];
      const width = 2 * (((j % 4) + 4) % 4 < 2 ? 1.6 : 2.3) ** 2;
      for (let y = Math.max(0, Math.floor(r - 8)); y < Math.min(rows, r + 9); y++) {
        for (let x = Math.max(0, Math.floor(c - 8)); x < Math.min(cols, c + 9); x++) {
          data[y * cols + x] += Math.exp(-((y - r) ** 2 + (x - c) ** 2) / width);
        }
      }
    }
  }
  return data;
}

const axis = (name: string, size: number, scale = 1, unit = "px") => ({ name, size, scale, offset: 0, unit });
const FRAMES = 5;
const SIDE = 96;
const DRIFT = [1.3, -0.7] as const;

const stack: Dataset = {
  name: "movie",
  kind: "stack",
  axes: [axis("time", FRAMES, 0.5, "s"), axis("row", SIDE, 0.02, "nm"), axis("column", SIDE, 0.02, "nm")],
  dtype: "float32",
  metadata: {},
  data: Float32Array.from(
    Array.from({ length: FRAMES }, (_, k) =>
      Array.from(crystal(SIDE, SIDE, [5 + DRIFT[0] * k, 4 + DRIFT[1] * k], k)),
    ).flat(),
  ),
};

function image(rows: number, cols: number, offset: readonly [number, number], seed: number, scale = 0.02): Dataset {
  const axes = [axis("row", rows, scale, "nm"), axis("column", cols, scale, "nm")];
  return {
    name: `image ${seed}`,
    kind: "image",
    axes,
    dtype: "float32",
    metadata: {},
    data: crystal(rows, cols, offset, seed),
  };
}

/** Distance from each motif to the nearest column of the crystal; the template may sit beside it, everywhere by the same vector. */
function offsets(position: Float64Array, [r0, c0]: readonly [number, number]): [number, number][] {
  return Array.from({ length: position.length / 2 }, (_, m) => {
    const [r, c] = [(position[2 * m] - r0) / SPACING, (position[2 * m + 1] - c0) / SPACING];
    return [SPACING * (r - Math.round(r)), SPACING * (c - Math.round(c))];
  });
}

const fitted = fitSeries(framesOfStack(stack, "movie"), quick);

describe("a stack", () => {
  it("is fitted with one model; motifs are found in every frame, and drift with it", async () => {
    const { frames, drift, tracks, axis: time } = await fitted;
    expect(frames.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4]);
    expect(time?.unit).toBe("s");
    for (const [k, { motifs }] of frames.entries()) {
      expect(motifs.count).toBeGreaterThan(30);
      const off = offsets(motifs.position, [5 + DRIFT[0] * k, 4 + DRIFT[1] * k]);
      const mean = (a: 0 | 1) => off.reduce((sum, v) => sum + v[a], 0) / off.length;
      const spread = (a: 0 | 1) => Math.sqrt(off.reduce((sum, v) => sum + (v[a] - mean(a)) ** 2, 0) / off.length);
      // Along the rows all columns are alike; across them the stripes are content, which the gauge leaves a little of.
      expect(spread(0)).toBeLessThan(0.1);
      expect(spread(1)).toBeLessThan(0.4);
    }
    for (let k = 1; k < FRAMES; k++) {
      expect(Math.abs((drift?.row[k] ?? NaN) - DRIFT[0] * k)).toBeLessThan(0.1);
      expect(Math.abs((drift?.col[k] ?? NaN) - DRIFT[1] * k)).toBeLessThan(0.1);
    }
    expect(Math.abs((drift?.rate?.row ?? NaN) - DRIFT[0])).toBeLessThan(0.03);
    const perFrame = frames.reduce((sum, { motifs }) => sum + motifs.count, 0) / FRAMES;
    expect(tracks?.count).toBeLessThan(1.4 * perFrame);
  });

  it("tells the two kinds of column apart in every frame, by the same latent", async () => {
    const { frames } = await fitted;
    const first = frames[0].motifs;
    const tree = new KdTree(first.position, 2);
    let [agree, count] = [0, 0];
    frames.forEach(({ motifs }, k) => {
      for (let m = 0; m < motifs.count; m++) {
        const [n] = tree.nearest([motifs.position[2 * m] - DRIFT[0] * k, motifs.position[2 * m + 1] - DRIFT[1] * k], 1);
        agree += Math.sign(motifs.z[m]) === Math.sign(first.z[n]) ? 1 : 0;
        count++;
      }
    });
    expect(agree / count).toBeGreaterThan(0.85);
  });

  it("gives files and a report of all frames, and of one frame a report like any image's", async () => {
    const result = await fitted;
    const [head, ...rows] = seriesMotifsCsv(result).trimEnd().split("\n");
    expect(head).toBe("frame,track,row,col,row_sd,col_sd,z1,z1_sd,windows");
    expect(rows).toHaveLength(result.frames.reduce((sum, { motifs }) => sum + motifs.count, 0));
    const table = framesCsv(result).trimEnd().split("\n");
    expect(table[0]).toBe(
      "frame,time_s,motifs,z1_mean,drift_row,drift_col,drift_row_sd,drift_col_sd,drift_row_nm,drift_col_nm,drift_row_sd_nm,drift_col_sd_nm",
    );
    const last = table[FRAMES].split(",").map(Number);
    expect(last.slice(0, 2)).toEqual([4, 2]);
    expect(last[8]).toBeCloseTo(0.02 * last[4], 6);
    const { text } = parseMarkup(seriesHtml(result).trimEnd());
    expect(text).toMatch(/nm a frame/);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    const { frame, image: pixels } = result.shown[1];
    const one = frameReport(result, frame, pixels);
    expect(one.motifs).toBe(result.frames[frame].motifs);
    expect(one.image.data).toEqual(stack.data.subarray(frame * SIDE * SIDE, (frame + 1) * SIDE * SIDE));
  });

  it("leaves a model that encodes one frame as it was encoded in the stack", async () => {
    const { model, frames } = await fitted;
    const { windows } = frames[2];
    const loaded = Model.fromBytes(model.toBytes());
    const dataset = await framesOfStack(stack, "movie").read(2);
    const again = await loaded.encode(dataset, { centres: windows.centre, threads: 1, reproducible: true });
    expect(again.z).toEqual(windows.z);
    expect(again.shift).toEqual(windows.shift);
  });

  it("leaves a model that finds motifs, tracks and drift of the stack again", async () => {
    const { model, frames, drift } = await fitted;
    const done: number[] = [];
    const source = framesOfStack(stack, "movie");
    const again = await encodeSeries(model, source, { samples: 4000, threads: 1 }, (k) => done.push(k));
    expect(done).toEqual([1, 2, 3, 4, 5]);
    again.frames.forEach(({ motifs, name, number }, k) => {
      expect([name, number]).toEqual([frames[k].name, frames[k].number]);
      const tree = new KdTree(motifs.position, 2);
      // The same motif, and along the rows, in which all are alike, at the same place; across them the stripes' content plays a part.
      const same = Array.from({ length: frames[k].motifs.count }, (_, m) => {
        const [r, c] = frames[k].motifs.position.subarray(2 * m, 2 * m + 2);
        const [n] = tree.nearest([r, c], 1);
        const [dr, dc] = [motifs.position[2 * n] - r, motifs.position[2 * n + 1] - c];
        return Math.abs(dr) < 0.1 && Math.abs(dc) < SPACING / 4;
      });
      expect(same.filter(Boolean).length / same.length).toBeGreaterThan(0.9);
    });
    expect(again.drift?.row[4]).toBeCloseTo(drift?.row[4] ?? Number.NaN, 0);
    const { text } = parseMarkup(seriesHtml(again).trimEnd());
    expect(text).not.toMatch(/ELBO|Training|NaN|undefined/);
  });

  it("takes the frames it is told to, and says what cannot be", async () => {
    const source = framesOfStack(stack, "movie", { start: 1, step: 3 });
    expect(source.frames.map(({ number }) => number)).toEqual([1, 4]);
    expect((await source.read(1)).data).toEqual(stack.data.subarray(4 * SIDE * SIDE));
    expect(() => framesOfStack(stack, "movie", { start: 4 })).toThrow(
      /frames: expected a range of two or more of the 5/,
    );
    const huge = {
      ...source,
      frames: Array.from({ length: 60_000 }, () => source.frames[0]),
      read: () => source.read(0),
    };
    await expect(fitSeries(huge, quick)).rejects.toThrow(
      /frames: expected at most 2 GiB of pixels, got 2\.1 GiB .*--frames ::2/,
    );
    await expect(fitSeries(source, { ...quick, window: 97 })).rejects.toThrow(ConfigError);
  });
});

describe("images of different sizes", () => {
  it("are fitted together, and the padding of the smaller changes nothing of what is found in it", async () => {
    const images = [image(72, 108, [3, 6], 1), image(96, 84, [5, 2], 2, 0.025)];
    const result = await fitSeries(framesOfImages(images), quick);
    expect(result.drift).toBeUndefined();
    expect(result.tracks).toBeUndefined();
    expect(result.warnings).toEqual([
      expect.stringMatching(/^pixel sizes differ: 0.02 nm\/px in image 1, 0.025 nm\/px in image 2/),
    ]);
    for (const [k, { windows, motifs, rows, cols }] of result.frames.entries()) {
      expect([rows, cols]).toEqual(images[k].axes.map(({ size }) => size));
      expect(motifs.count).toBeGreaterThan(25);
      const alone = await result.model.encode(images[k], { centres: windows.centre, threads: 1, reproducible: true });
      expect(alone.z).toEqual(windows.z);
      expect(alone.shift).toEqual(windows.shift);
    }
    expect(seriesMotifsCsv(result).split("\n")[0]).toBe("file,row,col,row_sd,col_sd,z1,z1_sd,windows");
  });

  it("are continued as reflect-101 does", () => {
    expect(Array.from({ length: 9 }, (_, i) => mirrored(i, 3))).toEqual([0, 1, 2, 1, 0, 1, 2, 1, 0]);
    expect(mirrored(5, 1)).toBe(0);
  });
});
