import { type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { ByteReader, startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import {
  MATRIX_MAGIC,
  type MatrixParameters,
  readMatrixParameters,
  type TransferFunction,
} from "./matrix_parameters.ts";
import type { ByteSource } from "./source.ts";
import { checkFits, imageInfo, type Metadata, metadataOf, orient, positiveInteger, wholeHandle } from "./spm_image.ts";
import { sweepAxis, valueUnit } from "./spm_units.ts";

const RAW: TransferFunction = { offset: 0, scale: 1 };

/** What the data file itself says. */
interface Brick {
  readonly offset: number;
  /** Samples measured, and samples that the experiment would have had. */
  readonly measured: number;
  readonly planned: number;
  readonly date: string;
}

/** Blocks of a data file: BKLT (time stamp) around DESC (counts) and DATA (int32); ids are written backwards. */
async function readBrick(source: ByteSource): Promise<Brick> {
  const reader = new ByteReader(await source.read(0, Math.min(source.size, 4096)), source.name, true);
  reader.seek(MATRIX_MAGIC.length + 8);
  const seconds = reader.u64();
  const date =
    seconds > 0 && seconds < 4e9 ? new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ") : "";
  reader.skip(4);
  let counts: { planned: number; measured: number } | undefined;
  while (reader.remaining >= 8) {
    const id = reader.latin1(4);
    const length = reader.u32();
    if (id === "ATAD") {
      if (!counts) return reader.fail("the data come before their description");
      const samples = Math.min(counts.measured, Math.floor(length / 4));
      checkFits(source, `${samples} samples`, reader.position, 4 * samples);
      if (samples < 1) return reader.fail("nothing was measured");
      return { offset: reader.position, measured: samples, planned: counts.planned, date };
    }
    if (id === "CSED") {
      const block = new ByteReader(reader.take(length), source.name, true);
      block.seek(20);
      counts = { planned: block.i32(), measured: block.i32() };
    } else {
      reader.skip(length + 8);
    }
  }
  return reader.fail("truncated: no DATA block");
}

/** `rows` lines of `columns` samples, every `step`-th of the file's lines from `first` on, as values. */
async function readLines(
  source: ByteSource,
  brick: Brick,
  lines: Lines,
  transfer: TransferFunction,
): Promise<Float32Array> {
  const { first, step, rows, columns } = lines;
  const from = brick.offset + first * columns * 4;
  const bytes = await source.read(from, ((rows - 1) * step + 1) * columns * 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const line = r * step * columns;
    // In double precision: an offset may be large against the differences.
    for (let c = 0; c < columns; c++) {
      out[r * columns + c] = (view.getInt32(4 * (line + c), true) - transfer.offset) * transfer.scale;
    }
  }
  return out;
}

interface Lines {
  readonly first: number;
  readonly step: number;
  readonly rows: number;
  readonly columns: number;
}

/** One channel of an experiment, with all that its parameters say. */
interface Channel {
  readonly name: string;
  readonly unit: string;
  readonly transfer: TransferFunction;
  readonly metadata: Metadata;
  readonly value: (key: string) => number | undefined;
}

function numberFrom(parameters: MatrixParameters, key: string): number | undefined {
  const found = parameters.values.get(key)?.value;
  return typeof found === "string" || found === undefined ? undefined : Number(found);
}

function channelOf(name: string, parameters: MatrixParameters, brick: Brick): Channel {
  const keys = [...parameters.channels].filter(([, channel]) => channel.name === name).map(([key]) => key);
  const key = keys.sort((a, b) => b - a)[0];
  const transfer = parameters.transfer.get(key);
  const value = (parameter: string) => numberFrom(parameters, parameter);
  const metadata = metadataOf({
    date: brick.date,
    "bias (V)": value("GapVoltageControl.Voltage"),
    "setpoint (A)": value("Regulator.Setpoint_1"),
    "scan angle (deg)": value("XYScanner.Angle"),
    "scan centre x (nm)": (value("XYScanner.X_Offset") ?? Number.NaN) * 1e9,
    "scan centre y (nm)": (value("XYScanner.Y_Offset") ?? Number.NaN) * 1e9,
    note: transfer ? undefined : "values are raw counts: no transfer function of this channel is known",
  });
  const unit = transfer ? (parameters.channels.get(key)?.unit ?? "") : "counts";
  return { name, unit, transfer: transfer ?? RAW, metadata, value };
}

/**
 * Images of a scan: lines forward (and backward after each), first upwards (then downwards, from the top). A scan that
 * was stopped gives the lines that are there.
 */
function imageHandles(source: ByteSource, brick: Brick, channel: Channel): DatasetHandle[] {
  const { value } = channel;
  const columns = positiveInteger(source, "XYScanner.Points", value("XYScanner.Points") ?? value("XYScanner.X_Points"));
  const planned = positiveInteger(source, "XYScanner.Lines", value("XYScanner.Lines") ?? value("XYScanner.Y_Points"));
  const perLine = value("XYScanner.X_Retrace") ? 2 : 1;
  const lines = Math.floor(brick.measured / (columns * perLine));
  if (lines < 1)
    throw new FormatError(`${source.name}: truncated: not one line of ${columns} points, only ${brick.measured}`);
  const up = Math.min(lines, planned);
  const down = value("XYScanner.Y_Retrace") ? Math.min(lines - up, planned) : 0;
  const [width, height] = ["Width", "Height"].map((side) => (value(`XYScanner.${side}`) ?? Number.NaN) * 1e9);
  const scans = [
    { rows: up, first: 0, vertical: "up" },
    { rows: down, first: up, vertical: "down" },
  ].filter(({ rows }) => rows > 0);
  return scans.flatMap(({ rows, first, vertical }) =>
    ["forward", "backward"].slice(0, perLine).map((direction, retrace) => {
      const info = imageInfo(source, {
        name: `${channel.name} (${direction}, ${vertical})`,
        rows,
        columns,
        heightNm: (height * rows) / planned,
        widthNm: width,
        dtype: "int32",
        quantity: channel.name,
        unit: channel.unit,
        metadata: channel.metadata,
      });
      const { factor } = valueUnit(channel.unit);
      const transfer = { ...channel.transfer, scale: channel.transfer.scale * factor };
      return wholeHandle(info, async () => {
        const where = { first: first * perLine + retrace, step: perLine, rows, columns };
        const data = await readLines(source, brick, where, transfer);
        return orient(data, columns, { flipRows: vertical === "up", flipColumns: retrace === 1 });
      });
    }),
  );
}

/** Curves over a ramp of the spectroscopy's device 1 (or 2), forth and, with ramp reversal, back: samples are sweeps. */
function curveHandles(
  source: ByteSource,
  brick: Brick,
  channel: Channel,
  parameters: MatrixParameters,
): DatasetHandle[] {
  const wantedUnit = channel.name.includes("(Z)") ? "Meter" : "Volt";
  const device = parameters.values.get("Spectroscopy.Device_1_Start")?.unit === wantedUnit ? "Device_1" : "Device_2";
  const of = (key: string) => channel.value(`Spectroscopy.${key}`);
  const points = positiveInteger(source, `Spectroscopy.${device}_Points`, of(`${device}_Points`));
  const [start, end] = [of(`${device}_Start`) ?? Number.NaN, of(`${device}_End`) ?? Number.NaN];
  const planned = of(`Enable_${device}_Ramp_Reversal`) ? 2 : 1;
  const directions = brick.measured >= 2 * points ? planned : 1;
  const sweeps = Math.floor(brick.measured / (points * directions));
  if (sweeps < 1)
    throw new FormatError(`${source.name}: truncated: not one curve of ${points} points, only ${brick.measured}`);
  const step = (end - start) / Math.max(1, points - 1);
  const { axis, metadata } = sweepAxis(
    device,
    Float64Array.from({ length: points }, (_, i) => start + i * step),
    wantedUnit === "Meter" ? "m" : "V",
  );
  const { unit, factor } = valueUnit(channel.unit);
  const transfer = { ...channel.transfer, scale: channel.transfer.scale * factor };
  return ["forward", "backward"].slice(0, directions).map((direction, retrace) => {
    const info: DatasetInfo = {
      name: `${channel.name} (${direction})`,
      kind: "spectra",
      axes: [pixelAxis("sample", sweeps), axis],
      dtype: "int32",
      quantity: { name: channel.name, unit },
      metadata: { ...channel.metadata, ...metadata },
    };
    return wholeHandle(info, async () => {
      const where = { first: retrace, step: directions, rows: sweeps, columns: points };
      return orient(await readLines(source, brick, where, transfer), points, { flipColumns: retrace === 1 });
    });
  });
}

/** Without parameters neither the size of the image nor the meaning of the counts is known: one row of raw samples. */
function rawHandle(source: ByteSource, brick: Brick, name: string): DatasetHandle {
  const info: DatasetInfo = {
    name,
    kind: "spectra",
    axes: [pixelAxis("sample", 1), pixelAxis("energy", brick.measured)],
    dtype: "int32",
    quantity: { name, unit: "counts" },
    metadata: metadataOf({
      date: brick.date,
      note: "the parameter file *_0001.mtrx is not beside the data: values are raw counts in the order of the scan",
    }),
  };
  const lines = { first: 0, step: 1, rows: 1, columns: brick.measured };
  return wholeHandle(info, () => readLines(source, brick, lines, RAW));
}

/**
 * Scienta Omicron MATRIX result file ("…--1_1.Z_mtrx"): int32 samples of one channel. Sizes, units and transfer
 * functions are in the parameter file "…_0001.mtrx" beside it. Scans become images with row 0 at the top, curves become
 * spectra (those of a grid in the order in which they were taken).
 * Source: S. Zevenhuizen, access2theMatrix (2014–2023); Gwyddion user guide, "Omicron MATRIX".
 */
export const matrix: Format = {
  name: "Omicron MATRIX",
  extensions: ["mtrx"],
  detect: (head) => startsWith(head, MATRIX_MAGIC),
  async open(source): Promise<OpenedFile> {
    const id = new ByteReader(await source.read(0, Math.min(source.size, 16)), source.name).bytes;
    if (startsWith(id, "ATEM", MATRIX_MAGIC.length)) {
      throw new FormatError(`${source.name}: a MATRIX parameter file; open a data file (…_mtrx) beside it instead`);
    }
    if (!startsWith(id, "TLKB", MATRIX_MAGIC.length))
      throw new FormatError(`${source.name}: expected a BKLT block first`);
    const brick = await readBrick(source);
    const fileName = source.name.replace(/^.*[\\/]/, "");
    const name = /--\d+_\d+\.(.+)_mtrx$/.exec(fileName)?.[1] ?? "image";
    const parameters = await readMatrixParameters(source, fileName);
    if (!parameters) {
      const raw = rawHandle(source, brick, name);
      return { format: matrix.name, datasets: [raw], metadata: raw.info.metadata };
    }
    const channel = channelOf(name, parameters, brick);
    const datasets = /\([VZ]\)/.test(name)
      ? curveHandles(source, brick, channel, parameters)
      : imageHandles(source, brick, channel);
    return { format: matrix.name, datasets, metadata: channel.metadata };
  },
};
