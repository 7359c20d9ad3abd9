import { ByteWriter, type SampleKind, samples } from "./byte_writer.ts";

/** A tag to write: a group, a text, a float64, an unsigned 32-bit integer, or an array of samples. */
export type Tag =
  | { readonly group: readonly (readonly [string, Tag])[] }
  | { readonly text: string }
  | { readonly float: number }
  | { readonly uint: number }
  | { readonly array: Uint8Array; readonly type: number; readonly elementBytes: number };

export interface DmOptions {
  readonly version: 3 | 4;
  readonly littleEndian: boolean;
}

export interface DmImage {
  readonly name: string;
  /** x, y, z: fastest first, as the format has it. */
  readonly dimensions: readonly number[];
  readonly values: readonly number[];
  readonly kind: SampleKind;
  /** (origin in samples, scale, units) of x, y, z. */
  readonly calibrations?: readonly (readonly [number, number, string])[];
  readonly tags?: readonly (readonly [string, Tag])[];
}

/** (tag type, DataType) of the kinds. */
const TYPES: Readonly<Record<SampleKind, readonly [number, number]>> = {
  uint8: [10, 6],
  int8: [9, 9],
  int16: [2, 1],
  uint16: [4, 10],
  int32: [3, 7],
  uint32: [5, 11],
  float32: [6, 2],
  float64: [7, 12],
};

const TEXT_UNIT_BYTES = 2;

function writeSize(writer: ByteWriter, value: number, { version }: DmOptions): void {
  if (version === 4) writer.u64(value);
  else writer.u32(value);
}

function groupBytes(entries: readonly (readonly [string, Tag])[], options: DmOptions): Uint8Array {
  const writer = new ByteWriter().u8(1).u8(0);
  writeSize(writer, entries.length, options);
  for (const [label, tag] of entries) {
    const body = "group" in tag ? groupBytes(tag.group, options) : dataBytes(tag, options);
    writer
      .u8("group" in tag ? 20 : 21)
      .u16(label.length)
      .latin1(label);
    if (options.version === 4) writer.u64(body.length);
    writer.bytes(body);
  }
  return writer.done();
}

function dataBytes(tag: Exclude<Tag, { readonly group: unknown }>, options: DmOptions): Uint8Array {
  const { littleEndian } = options;
  const write = (info: readonly number[], payload: Uint8Array) => {
    const writer = new ByteWriter().latin1("%%%%");
    writeSize(writer, info.length, options);
    for (const value of info) writeSize(writer, value, options);
    return writer.bytes(payload).done();
  };
  if ("float" in tag) return write([7], new ByteWriter().f64(tag.float, littleEndian).done());
  if ("uint" in tag) return write([5], new ByteWriter().u32(tag.uint, littleEndian).done());
  if ("array" in tag) return write([20, tag.type, tag.array.length / tag.elementBytes], tag.array);
  const text = new ByteWriter();
  for (const character of tag.text) text.u16(character.charCodeAt(0), littleEndian);
  return write([20, 4, text.length / TEXT_UNIT_BYTES], text.done());
}

/** A DM3 or DM4 file of any tags (layout: https://personal.ntu.edu.sg/cbb/info/dmformat/index.html). */
export function writeTags(entries: readonly (readonly [string, Tag])[], options: DmOptions): Uint8Array {
  const root = groupBytes(entries, options);
  const writer = new ByteWriter().u32(options.version);
  writeSize(writer, root.length, options);
  return writer
    .u32(options.littleEndian ? 1 : 0)
    .bytes(root)
    .zeros(8)
    .done();
}

function imageTag(image: DmImage, { littleEndian }: DmOptions): Tag {
  const [type, dataType] = TYPES[image.kind];
  const array = samples(image.values, image.kind, littleEndian);
  const calibrations = (image.calibrations ?? []).map(([origin, scale, units]): readonly [string, Tag] => [
    "",
    {
      group: [
        ["Origin", { float: origin }],
        ["Scale", { float: scale }],
        ["Units", { text: units }],
      ],
    },
  ]);
  const data: Tag = {
    group: [
      ["Calibrations", { group: [["Dimension", { group: calibrations }]] }],
      ["Data", { array, type, elementBytes: array.length / image.values.length }],
      ["DataType", { uint: dataType }],
      ["Dimensions", { group: image.dimensions.map((size) => ["", { uint: size }]) }],
    ],
  };
  return {
    group: [
      ["ImageData", data],
      ["ImageTags", { group: image.tags ?? [] }],
      ["Name", { text: image.name }],
    ],
  };
}

/** A file of images, of which the first is marked as the thumbnail where there are several. */
export function writeDm(images: readonly DmImage[], options: DmOptions): Uint8Array {
  const list: [string, Tag][] = images.map((image) => ["", imageTag(image, options)]);
  const thumbnails: [string, Tag][] =
    images.length > 1 ? [["Thumbnails", { group: [["", { group: [["ImageIndex", { uint: 0 }]] }]] }]] : [];
  return writeTags([["ImageList", { group: list }], ...thumbnails], options);
}
