import { ByteWriter } from "./byte_writer.ts";

export interface ParkFile {
  readonly rows: number;
  readonly columns: number;
  /** Raw values, bottom row first. */
  readonly raw: readonly number[];
  readonly type: "int16" | "int32" | "float32";
  readonly title: string;
  readonly unit: string;
  /** Of the whole scan, µm. */
  readonly width: number;
  readonly height: number;
  readonly gain: number;
  readonly scale: number;
  readonly offset: number;
  /** 1: samples are int16, whatever stands where version 2 has their type. */
  readonly version?: 1 | 2;
  readonly imageType?: number;
}

const [BYTE, SHORT, LONG] = [1, 3, 4];

function utf16(text: string, characters: number): Uint8Array {
  const out = new Uint8Array(2 * characters);
  const view = new DataView(out.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return out;
}

function headerOf(file: ParkFile): Uint8Array {
  const out = new ByteWriter()
    .u32(file.imageType ?? 0, true)
    .bytes(utf16(file.title, 32))
    .bytes(utf16("NCM", 8));
  out.f64(0, true).zeros(8).u32(file.columns, true).u32(file.rows, true).f64(12, true).zeros(4).f64(0, true).zeros(12);
  out.f64(file.width, true).f64(file.height, true).zeros(32).bytes(utf16("V", 8)).f64(0, true).f64(-0.5, true);
  out.f64(file.gain, true).f64(file.scale, true).f64(file.offset, true).bytes(utf16(file.unit, 8)).zeros(24);
  out.zeros(64);
  if (file.version === 1) return out.u32(7, true).u32(0, true).done();
  return out
    .u32(["int16", "int32", "float32"].indexOf(file.type), true)
    .zeros(580 - out.length)
    .done();
}

/** A TIFF as Park microscopes write it: a picture of 8 bits, and the measurement in tags of its own. */
export function writePark(file: ParkFile): Uint8Array {
  const { rows, columns, type } = file;
  const data = new ByteWriter();
  for (const value of file.raw) {
    if (type === "int16") data.u16(value & 0xffff, true);
    else if (type === "int32") data.i32(value, true);
    else data.f32(value, true);
  }
  const header = headerOf(file);
  const picture = new Uint8Array(rows * columns);
  const at = { picture: 8, data: 8 + picture.length, header: 8 + picture.length + data.length };
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, SHORT, 1, columns],
    [257, SHORT, 1, rows],
    [258, SHORT, 1, 8],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 1],
    [273, LONG, 1, at.picture],
    [277, SHORT, 1, 1],
    [278, SHORT, 1, rows],
    [279, LONG, 1, picture.length],
    [50432, LONG, 1, 0x0e031301],
    [50433, LONG, 1, file.version === 1 ? 0x01000001 : 0x01000002],
    [50434, BYTE, data.length, at.data],
    [50435, BYTE, header.length, at.header],
  ];
  const out = new ByteWriter()
    .latin1("II")
    .u16(42, true)
    .u32(at.header + header.length, true);
  out.bytes(picture).bytes(data.done()).bytes(header).u16(entries.length, true);
  for (const [tag, kind, count, value] of entries) out.u16(tag, true).u16(kind, true).u32(count, true).u32(value, true);
  return out.u32(0, true).done();
}
