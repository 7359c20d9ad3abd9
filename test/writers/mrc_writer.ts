import { ByteWriter, type SampleKind, samples } from "./byte_writer.ts";

export interface MrcFile {
  /** Sections, rows, columns. */
  readonly shape: readonly [number, number, number];
  readonly values: readonly number[];
  readonly kind: SampleKind;
  readonly mode: number;
  readonly littleEndian: boolean;
  /** Å a pixel along x, y, z. */
  readonly voxel?: readonly [number, number, number];
  readonly spaceGroup?: number;
  /** Bytes of extended header. */
  readonly extended?: number;
  /** false: without signature and machine stamp, as files before 2000. */
  readonly signed?: boolean;
  /** Flags after IMOD's stamp; without them there is no stamp. */
  readonly imodFlags?: number;
}

/** An MRC2014 file (layout: https://www.ccpem.ac.uk/mrc-format/mrc2014/). */
export function writeMrc(file: MrcFile): Uint8Array {
  const { littleEndian: le, voxel = [0, 0, 0], extended = 0, signed = true } = file;
  const size = file.shape.toReversed();
  const header = new ByteWriter();
  for (const n of [...size, file.mode, 0, 0, 0, ...size]) header.i32(n, le);
  voxel.forEach((step, k) => {
    header.f32(step * size[k], le);
  });
  for (let k = 0; k < 3; k++) header.f32(90, le);
  for (const axis of [1, 2, 3]) header.i32(axis, le);
  header
    .zeros(12)
    .i32(file.spaceGroup ?? 0, le)
    .i32(extended, le)
    .zeros(152 - 96);
  if (file.imodFlags === undefined) header.zeros(8);
  else header.i32(1146047817, le).i32(file.imodFlags, le);
  header.zeros(208 - 160);
  if (signed) header.latin1("MAP ").bytes(Uint8Array.from(le ? [0x44, 0x44, 0, 0] : [0x11, 0x11, 0, 0]));
  header.zeros(1024 - header.length + extended);
  return header.bytes(samples(file.values, file.kind, le)).done();
}
