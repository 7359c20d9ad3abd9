import { zlibSync } from "fflate";
import { ByteWriter } from "./spm_bytes.ts";

/** A component of a GWY object: name, type, payload. */
export type GwyPart = readonly [
  string,
  "i" | "d" | "s" | "o" | "D" | "I" | "S",
  number | string | Uint8Array | readonly number[] | readonly string[],
];

export function gwyObject(type: string, parts: readonly GwyPart[]): Uint8Array {
  const body = new ByteWriter();
  for (const [name, kind, value] of parts) {
    body.text(`${name}\0${kind}`);
    if (kind === "i") body.i32(value as number);
    else if (kind === "d") body.f64(value as number);
    else if (kind === "s") body.text(`${value}\0`);
    else if (kind === "o") body.bytes(value as Uint8Array);
    else {
      const list = value as readonly (number | string)[];
      body.i32(list.length);
      for (const item of list) {
        if (kind === "D") body.f64(item as number);
        else if (kind === "I") body.i32(item as number);
        else body.text(`${item}\0`);
      }
    }
  }
  return new ByteWriter().text(`${type}\0`).i32(body.length).bytes(body.done()).done();
}

export function gwyField(rows: number, columns: number, data: readonly number[], xy = "m", z = "m"): Uint8Array {
  return gwyObject("GwyDataField", [
    ["xres", "i", columns],
    ["yres", "i", rows],
    ["xreal", "d", columns * 1e-9],
    ["yreal", "d", rows * 2e-9],
    ["si_unit_xy", "o", gwyObject("GwySIUnit", [["unitstr", "s", xy]])],
    ["si_unit_z", "o", gwyObject("GwySIUnit", [["unitstr", "s", z]])],
    ["data", "D", data],
  ]);
}

export function writeGwy(parts: readonly GwyPart[]): Uint8Array {
  return new ByteWriter().text("GWYP").bytes(gwyObject("GwyContainer", parts)).done();
}

export interface IbwOptions {
  /** Fastest first, up to four. */
  readonly sizes: readonly number[];
  readonly data: readonly number[];
  readonly units?: readonly string[];
  readonly steps?: readonly number[];
  readonly labels?: readonly string[];
  readonly dataUnit?: string;
  readonly littleEndian?: boolean;
  /** Igor's number type: 2 float32, 4 float64, 16 int16, +1 complex, 0 text. */
  readonly type?: 0 | 2 | 3 | 4 | 16;
}

/** Version 5, with its checksum. */
export function writeIbw(options: IbwOptions): Uint8Array {
  const { sizes, data, units = [], steps = [], labels = [], dataUnit = "", littleEndian = true, type = 2 } = options;
  const body = new ByteWriter(littleEndian);
  if (type === 4) body.f64(...data);
  else if (type === 16) body.i16(...data);
  else body.f32(...data);
  const labelBytes = labels.length === 0 ? 0 : 32 * (labels.length + 1);
  const four = (pick: (d: number) => number) => [0, 1, 2, 3].map(pick);
  const head = new ByteWriter(littleEndian)
    .i16(5, 0)
    .i32(320 + body.length, 0, 0, 0, 0, 0, 0, 0, 0, 0, labelBytes, 0, 0, 0, 0);
  head.i32(0, 0, 0, data.length).i16(type, 0).zeros(6).i16(1).text("wave", 32).zeros(8);
  head
    .i32(...four((d) => sizes[d] ?? 0))
    .f64(...four((d) => steps[d] ?? 1))
    .f64(0, 0, 0, 0);
  head.text(dataUnit, 4);
  for (let d = 0; d < 4; d++) head.text(units[d] ?? "", 4);
  head.zeros(64 + 320 - head.length);
  const bytes = head.done();
  const view = new DataView(bytes.buffer);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += view.getInt16(at, littleEndian);
  view.setInt16(2, -sum, littleEndian);
  const out = new ByteWriter().bytes(bytes).bytes(body.done());
  if (labelBytes) for (const label of ["", ...labels]) out.text(label, 32);
  return out.done();
}

/** A binary WSxM image; samples in the order of the file (bottom right first). */
export function writeWsxm(
  type: "short" | "float" | "double",
  rows: number,
  columns: number,
  samples: readonly number[],
  amplitude = "10 nm",
): Uint8Array {
  const out = new ByteWriter().text(
    "WSxM file copyright UAM\r\nSxM Image file\r\nImage header size: 0\r\n\r\n[Control]\r\n\r\n    Set Point: 1 nA\r\n" +
      "    Topography Bias: 500 mV\r\n    X Amplitude: 200 \xc5\r\n    Y Amplitude: 10 nm\r\n\r\n[General Info]\r\n\r\n" +
      `    Acquisition channel: Topography\r\n    Image Data Type: ${type}\r\n    Number of columns: ${columns}\r\n` +
      `    Number of rows: ${rows}\r\n    Z Amplitude: ${amplitude}\r\n\r\n[Header end]\r\n`,
  );
  if (type === "short") out.i16(...samples);
  else if (type === "float") out.f32(...samples);
  else out.f64(...samples);
  return out.done();
}

export interface IsoOptions {
  readonly mode: string;
  readonly rows: number;
  readonly columns: number;
  /** Name and unit of each channel. */
  readonly channels: readonly (readonly [string, string])[];
  readonly values: readonly (readonly number[])[];
  readonly slow?: string;
  /** Other lines of the header, by number. */
  readonly lines?: Readonly<Record<number, string>>;
}

export function writeIso(options: IsoOptions): Uint8Array {
  const { mode, rows, columns, channels, values, slow = "top to bottom", lines = {} } = options;
  const header = new Array<string>(128).fill("");
  const put = (line: number, text: string | number) => {
    header[line - 1] = String(text);
  };
  const fixed = { 1: "ISO/TC 201 SPM data transfer format", 2: "general information", 128: "end of header" };
  const scan = {
    8: mode,
    17: "REGULAR MAPPING",
    21: "left to right",
    23: slow,
    24: columns,
    25: rows,
    26: "m",
    27: "m",
    28: 8e-9,
    29: 4e-9,
  };
  for (const [line, text] of Object.entries({ ...fixed, ...scan })) put(Number(line), text);
  put(69, channels[0][0]);
  put(70, channels[0][1]);
  put(94, channels.length);
  channels.forEach(([name, unit], i) => {
    put(95 + 3 * i, name);
    put(96 + 3 * i, unit);
  });
  for (const [line, text] of Object.entries(lines)) put(Number(line), text);
  const table = values.map((row) => row.join(" ")).join("\n");
  return new ByteWriter().text(`${header.join("\n")}\n${table}\nend of experiment\n`).done();
}

/** Createc, by the first line: "[Parameter]" int16, "[Paramet32]" float32, "[Paramco32]" float32 compressed. */
export function writeCreatec(
  version: string,
  entries: Readonly<Record<string, string | number>>,
  samples: readonly number[],
): Uint8Array {
  const header = `${version}\r\n${Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\r\n`)
    .join("")}`;
  const body = new ByteWriter();
  if (version === "[Parameter]") body.i16(0, ...samples);
  else body.f32(0, ...samples);
  const bytes = body.done();
  return new ByteWriter()
    .text(header, 16_384)
    .bytes(version === "[Paramco32]" ? zlibSync(bytes) : bytes)
    .done();
}

export interface NanoscopeImage {
  readonly scale: string;
  readonly samples: readonly number[];
  readonly bytesPerPixel?: number;
}

export function writeNanoscope(
  version: string,
  rows: number,
  columns: number,
  wide: boolean,
  images: readonly NanoscopeImage[],
  scanSize = "2 ~m",
): Uint8Array {
  const offset = 4096;
  const size = rows * columns * (wide ? 4 : 2);
  const lists = images
    .map(
      ({ scale, bytesPerPixel = 2 }, i) =>
        `\\*Ciao image list\r\n\\Data offset: ${offset + i * size}\r\n\\Data length: ${size}\r\n\\Bytes/pixel: ${bytesPerPixel}\r\n` +
        `\\Samps/line: ${columns}\r\n\\Number of lines: ${rows}\r\n\\Scan Size: ${scanSize}\r\n\\Line Direction: Trace\r\n` +
        `\\@2:Image Data: S [Ch${i}] "Channel ${i}"\r\n${scale ? `\\@2:Z scale: ${scale}\r\n` : ""}`,
    )
    .join("");
  const header =
    `\\*File list\r\n\\Version: ${version}\r\n\\*Scanner list\r\n\\@Sens. Zsens: V 10 nm/V\r\n` +
    `\\*Ciao scan list\r\n\\Rotate Ang.: 30 deg\r\n${lists}\\*File list end\r\n`;
  const out = new ByteWriter().text(header, offset);
  for (const { samples } of images) {
    if (wide) out.i32(...samples);
    else out.i16(...samples);
  }
  return out.done();
}
