import { ByteWriter, type SampleKind, samples } from "./byte_writer.ts";

export interface SerFile {
  readonly version: 0x210 | 0x220;
  /** Values of each element, as the file has them: channels, or rows bottom up. */
  readonly elements: readonly (readonly number[])[];
  /** [channels] or [rows, columns]. */
  readonly shape: readonly number[];
  readonly kind: SampleKind;
  /** (coordinate, step, index at which the coordinate applies) of channels, or of x and then y. */
  readonly calibrations: readonly (readonly [number, number, number])[];
  /** (size, step, unit) of the scan, fastest first. */
  readonly scan: readonly (readonly [number, number, string])[];
  /** Elements that were to come; those beyond `elements` were never acquired. */
  readonly planned?: number;
}

const KINDS: readonly SampleKind[] = ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64"];

/** A TIA series (layout: https://personal.ntu.edu.sg/cbb/info/TIAformat/index.html). */
export function writeSer(file: SerFile): Uint8Array {
  const spectra = file.shape.length === 1;
  const wide = file.version === 0x220;
  const planned = file.planned ?? file.elements.length;
  const dimensions = new ByteWriter();
  for (const [size, step, unit] of file.scan) {
    dimensions.u32(size, true).f64(0, true).f64(step, true).i32(0, true);
    dimensions.u32(4, true).latin1("Scan").u32(unit.length, true).latin1(unit);
  }
  const tableOffset = (wide ? 34 : 30) + dimensions.length;
  const offset = (writer: ByteWriter, value: number) => (wide ? writer.u64(value, true) : writer.u32(value, true));
  const writer = new ByteWriter().u16(0x4949, true).u16(0x197, true).u16(file.version, true);
  writer.u32(spectra ? 0x4120 : 0x4122, true).u32(0x4152, true);
  writer.u32(planned, true).u32(file.elements.length, true);
  offset(writer, tableOffset).u32(file.scan.length, true).bytes(dimensions.done());
  const elements = file.elements.map((values) => elementBytes(values, file));
  const bodyOffset = tableOffset + planned * 2 * (wide ? 8 : 4);
  for (let table = 0; table < 2; table++) {
    for (let k = 0; k < planned; k++) {
      offset(writer, k < elements.length ? bodyOffset + k * elements[0].length : 0);
    }
  }
  for (const element of elements) writer.bytes(element);
  return writer.done();
}

function elementBytes(values: readonly number[], { shape, kind, calibrations }: SerFile): Uint8Array {
  const writer = new ByteWriter();
  for (const [coordinate, step, index] of calibrations) writer.f64(coordinate, true).f64(step, true).u32(index, true);
  writer.u16(KINDS.indexOf(kind) + 1, true);
  for (const size of shape.toReversed()) writer.u32(size, true);
  return writer.bytes(samples(values, kind, true)).done();
}
