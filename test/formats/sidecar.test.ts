import { describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/formats/npy_write.ts";
import { openFile } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";

const npy = await encodeNpy(
  Float32Array.from({ length: 20 * 40 }, (_, i) => i),
  [20, 40],
);

function open(notes: string | undefined) {
  const sibling = async (name: string) =>
    name === "scan.json" && notes !== undefined ? sourceFromBytes(name, new TextEncoder().encode(notes)) : undefined;
  return openFile({ ...sourceFromBytes("folder/scan.npy", npy), sibling });
}

const field = (units: string, x: unknown = 8, y: unknown = 6) =>
  JSON.stringify({
    material_type: "MoS2",
    experimental_details: { spatial_info: { field_of_view_x: x, field_of_view_y: y, field_of_view_units: units } },
  });

describe("notes beside an image without a scale", () => {
  it("give its field of view", async () => {
    const { datasets, metadata } = await open(field("Å"));
    expect(metadata.material_type).toBe("MoS2");
    const steps = datasets[0].info.axes.map(({ name, scale, unit }) => [name, scale, unit]);
    expect(steps).toEqual([
      ["row", expect.closeTo(0.6 / 20, 12), "nm"],
      ["column", expect.closeTo(0.8 / 40, 12), "nm"],
    ]);
    const part = await datasets[0].read({ roi: [4, 10, 5, 6] });
    expect(part.axes[1]).toMatchObject({ size: 6, unit: "nm" });
    expect(part.axes[1].offset).toBeCloseTo(0.2, 12);
    expect(part.data[0]).toBe(4 * 40 + 10);
  });

  it.each([
    ["absent", undefined],
    ["no JSON", "{"],
    ["other notes", '{"a": [1]}'],
    ["no length", field("s")],
    ["no size", field("nm", 0)],
    ["text", field("nm", "wide")],
    ["null", "null"],
  ])("are left alone: %s", async (_, notes) => {
    const { datasets } = await open(notes);
    expect(datasets[0].info.axes.map(({ unit }) => unit)).toEqual(["px", "px"]);
  });
});
