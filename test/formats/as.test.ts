/** One array of numbers as each kind of dataset that its axes can be. */
import { describe, expect, it } from "vitest";
import { type DatasetKind, shapeOf } from "../../src/data/dataset.ts";
import { ShapeError } from "../../src/errors.ts";
import type { DatasetHandle } from "../../src/formats/format.ts";
import { encodeNpy } from "../../src/formats/npy_write.ts";
import { openFile, pickDataset, readDataset } from "../../src/formats/registry.ts";
import { asKind } from "../../src/formats/reinterpret.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";

const count = (size: number) => Float32Array.from({ length: size }, (_, i) => i);

async function npyOf(...shape: number[]) {
  return sourceFromBytes("numbers.npy", await encodeNpy(count(shape.reduce((a, b) => a * b)), shape));
}

describe("an array", () => {
  const cases: [number[], DatasetKind, DatasetKind, number[], string[]][] = [
    [[100, 300], "image", "spectra", [100, 300], ["sample", "energy"]],
    [[20, 300], "spectra", "image", [20, 300], ["row", "column"]],
    [[40, 32, 90], "spectral-map", "stack", [40, 32, 90], ["frame", "row", "column"]],
    [[90, 32, 40], "stack", "spectral-map", [90, 32, 40], ["row", "column", "energy"]],
    [[9, 32, 40], "spectral-map", "spectra", [288, 40], ["sample", "energy"]],
    [[90, 32, 40], "stack", "spectra", [2880, 40], ["sample", "energy"]],
  ];
  it.each(cases)("%j, %s by its shape, is read as %s", async (shape, guessed, as, wanted, names) => {
    const source = await npyOf(...shape);
    expect((await readDataset(source)).kind).toBe(guessed);
    const dataset = await readDataset(source, { as });
    expect(dataset.kind).toBe(as);
    expect(shapeOf(dataset)).toEqual(wanted);
    expect(dataset.axes.map(({ name }) => name)).toEqual(names);
    expect(Array.from(dataset.data)).toEqual(Array.from(count(dataset.data.length)));
  });

  it.each([
    [[100, 300], "stack", /image of 100×300 cannot be taken as stack: stack has 3 axes \(frame, row, column\)/],
    [[100, 300], "spectral-map", /cannot be taken as spectral-map/],
    [[90, 32, 40], "image", /stack of 90×32×40 cannot be taken as image: image has 2 axes/],
  ] as const)("%j is no %s", async (shape, as, message) => {
    const read = readDataset(await npyOf(...shape), { as });
    await expect(read).rejects.toThrow(ShapeError);
    await expect(read).rejects.toThrow(message);
  });

  it("gives parts by the axes that it is taken to have", async () => {
    const image = await readDataset(await npyOf(100, 300), { as: "spectra", roi: [3, 10, 2, 4] });
    expect(Array.from(image.data)).toEqual([910, 911, 912, 913, 1210, 1211, 1212, 1213]);
    const frame = await readDataset(await npyOf(40, 32, 90), { as: "stack", frame: 2, roi: [1, 2, 1, 3] });
    expect(frame.kind).toBe("image");
    expect(Array.from(frame.data)).toEqual([0, 1, 2].map((k) => (2 * 32 + 1) * 90 + 2 + k));
    await expect(readDataset(await npyOf(40, 32, 90), { as: "stack", frame: 40 })).rejects.toThrow(/there are 0 to 40/);
  });

  it("of a large map gives one frame without reading the others", async () => {
    const { datasets } = await openFile(await npyOf(40, 32, 90));
    const asked: unknown[] = [];
    const watched: DatasetHandle = {
      ...datasets[0],
      read: (selection) => {
        asked.push(selection);
        return datasets[0].read(selection);
      },
    };
    await asKind(watched, "stack").read({ frame: 7 });
    expect(asked).toEqual([{ roi: [7, 0, 1, 32] }]);
  });

  it("keeps the scales, and the name of what runs along a signal where the file has one", async () => {
    const file = await openFile(await npyOf(20, 30));
    const [row, column] = file.datasets[0].info.axes;
    const axes = [row, { ...column, name: "bias", unit: "V", scale: -0.1, offset: 2 }];
    const scaled = { ...file, datasets: [{ ...file.datasets[0], info: { ...file.datasets[0].info, axes } }] };
    const { info } = pickDataset(scaled, "numbers.npy", { as: "spectra" });
    expect(info.axes[1]).toMatchObject({ name: "bias", unit: "V", scale: -0.1, offset: 2 });
    expect(pickDataset(file, "numbers.npy", { as: "image" })).toBe(file.datasets[0]);
  });
});
