import { ByteWriter } from "./spm_bytes.ts";

export interface SxmOptions {
  readonly rows: number;
  readonly columns: number;
  /** Name, unit, direction ("both", "forward", "backward"). */
  readonly channels: readonly (readonly [string, string, string])[];
  readonly images: readonly (readonly number[])[];
  readonly up?: boolean;
  readonly littleEndian?: boolean;
  readonly sampleType?: string;
}

export function writeSxm(options: SxmOptions): Uint8Array {
  const { rows, columns, channels, images, up = false, littleEndian = false, sampleType = "FLOAT" } = options;
  const table = channels.map(([name, unit, direction], i) => `\t${i}\t${name}\t${unit}\t${direction}\t1\t0\n`).join("");
  const out = new ByteWriter(littleEndian);
  out.text(
    `:NANONIS_VERSION:\n2\n:SCANIT_TYPE:\n ${sampleType} ${littleEndian ? "LSB" : "MSB"}FIRST\n:SCAN_PIXELS:\n ${columns} ${rows}\n` +
      `:SCAN_RANGE:\n 8E-9 4E-9\n:SCAN_DIR:\n${up ? "up" : "down"}\n:BIAS:\n 1E-1\n:DATA_INFO:\n` +
      `\tChannel\tName\tUnit\tDirection\tCalibration\tOffset\n${table}\n:SCANIT_END:\n\n\n\x1a\x04`,
  );
  for (const image of images) out.f32(...image);
  return out.done();
}

export interface GridOptions {
  readonly columns: number;
  readonly rows: number;
  readonly points: number;
  /** Positions in nm of the points, in the order of the scan. */
  readonly positions: readonly (readonly [number, number])[];
  /** One spectrum a measured point. */
  readonly spectra: readonly (readonly number[])[];
  readonly declaredPoints?: number;
}

export function write3ds(options: GridOptions): Uint8Array {
  const { columns, rows, points, positions, spectra, declaredPoints = points } = options;
  const out = new ByteWriter(false);
  out.text(
    `Grid dim="${columns} x ${rows}"\r\nGrid settings=0;0;6E-9;4E-9;0\r\nSweep Signal="Bias (V)"\r\n` +
      'Fixed parameters="Sweep Start;Sweep End"\r\nExperiment parameters="X (m);Y (m)"\r\n# Parameters (4 byte)=4\r\n' +
      `Points=${declaredPoints}\r\nChannels="Current (A)"\r\n:HEADER_END:\r\n`,
  );
  spectra.forEach((spectrum, i) => {
    out.f32(-1, 1, positions[i][0] * 1e-9, positions[i][1] * 1e-9, ...spectrum);
  });
  return out.done();
}

export function writeNanonisDat(
  titles: readonly string[],
  rows: readonly (readonly (number | string)[])[],
): Uint8Array {
  const table = rows.map((row) => row.join("\t")).join("\r\n");
  return new ByteWriter()
    .text(
      `Experiment\tbias spectroscopy\t\r\nDate\t01.02.2003 04:05:06\t\r\n\r\n[DATA]\r\n${titles.join("\t")}\r\n${table}\r\n`,
    )
    .done();
}
