import type { DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { latin1, startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { toFloat32 } from "./numeric.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import {
  checkChannelCount,
  imageInfo,
  type Metadata,
  metadataOf,
  orient,
  positiveInteger,
  readHeader,
  scaleBy,
  wholeHandle,
} from "./spm_image.ts";
import { splitTitle, sweepAxis, valueUnit } from "./spm_units.ts";

const HEADER_END = ":HEADER_END:";

/** What the header says of the grid. A point is `parameters` values and then `points` values a channel, float32 BE. */
interface Grid {
  readonly columns: number;
  /** Rows begun; an interrupted grid has fewer than it was set up for. */
  readonly rows: number;
  readonly plannedRows: number;
  /** Complete points in the file. */
  readonly measured: number;
  readonly points: number;
  readonly parameters: readonly string[];
  readonly channels: readonly string[];
  /** Values of one point. */
  readonly perPoint: number;
  readonly offset: number;
  readonly widthNm: number;
  readonly heightNm: number;
  readonly metadata: Metadata;
}

function entriesOf(header: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of header.split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals > 0) entries.set(line.slice(0, equals).trim(), line.slice(equals + 1).replace(/^"|"$/g, ""));
  }
  return entries;
}

function gridOf(source: ByteSource, entries: ReadonlyMap<string, string>, offset: number): Grid {
  const [columns, plannedRows] = (entries.get("Grid dim") ?? "")
    .split(/\s*x\s*/)
    .map((text) => positiveInteger(source, "Grid dim", text.trim()));
  const list = (key: string) => (entries.get(key) ?? "").split(";").filter((text) => text.trim());
  const channels = list("Channels");
  const points = positiveInteger(source, "Points", entries.get("Points"));
  const count = positiveInteger(source, "# Parameters (4 byte)", entries.get("# Parameters (4 byte)"));
  if (channels.length === 0 || plannedRows === undefined) {
    throw new FormatError(`${source.name}: Channels and Grid dim are needed, found ${entries.get("Grid dim")}`);
  }
  checkChannelCount(source, channels.length);
  const perPoint = count + points * channels.length;
  sampleCount(source.name, [plannedRows, columns, points]);
  const measured = Math.min(Math.floor((source.size - offset) / (4 * perPoint)), plannedRows * columns);
  if (measured < columns) {
    throw new FormatError(`${source.name}: truncated: not one whole row of ${columns} points, only ${measured}`);
  }
  const settings = (entries.get("Grid settings") ?? "").split(";").map(Number);
  return {
    columns,
    rows: Math.ceil(measured / columns),
    plannedRows,
    measured,
    points,
    parameters: [...list("Fixed parameters"), ...list("Experiment parameters")].slice(0, count),
    channels,
    perPoint,
    offset,
    widthNm: settings[2] * 1e9,
    heightNm: settings[3] * 1e9,
    metadata: metadataOf({
      experiment: entries.get("Experiment"),
      date: entries.get("Start time"),
      "bias (V)": entries.get("Bias>Bias (V)"),
      setpoint: entries.get("Z-Controller>Setpoint"),
      "setpoint unit": entries.get("Z-Controller>Setpoint unit"),
      "temperature (K)": entries.get("Temperature 1>Temperature 1 (K)"),
      "grid angle (deg)": settings[4],
      "points measured": measured < plannedRows * columns ? measured : undefined,
      "points planned": measured < plannedRows * columns ? plannedRows * columns : undefined,
      comment: entries.get("Comment"),
    }),
  };
}

/** `count` values of every measured point from value `first` on; NaN where nothing was measured. Points in scan order. */
async function readPerPoint(source: ByteSource, grid: Grid, first: number, count: number): Promise<Float32Array> {
  const out = new Float32Array(grid.rows * grid.columns * count).fill(Number.NaN, grid.measured * count);
  const chunk = Math.max(1, Math.floor(2 ** 24 / (4 * grid.perPoint)));
  for (let point = 0; point < grid.measured; point += chunk) {
    const points = Math.min(chunk, grid.measured - point);
    const bytes = await source.read(grid.offset + point * grid.perPoint * 4, points * grid.perPoint * 4);
    for (let i = 0; i < points; i++) {
      const from = (i * grid.perPoint + first) * 4;
      out.set(toFloat32(bytes.subarray(from, from + 4 * count), "float32", false), (point + i) * count);
    }
  }
  return out;
}

/**
 * Whether rows were taken from the bottom up: the way from the first row to the next lies left of the way along a row.
 * That holds for a grid at any angle. Without positions the controller's habit is assumed, bottom first.
 */
async function bottomFirst(source: ByteSource, grid: Grid): Promise<boolean> {
  const [x, y] = ["X (m)", "Y (m)"].map((title) => grid.parameters.indexOf(title));
  if (x < 0 || y < 0 || grid.columns < 2 || grid.measured <= grid.columns) return true;
  const positionOf = async (point: number) => {
    const bytes = await source.read(grid.offset + point * grid.perPoint * 4, grid.perPoint * 4);
    const values = toFloat32(bytes, "float32", false);
    return [values[x], values[y]];
  };
  const [origin, along, next] = await Promise.all([0, 1, grid.columns].map(positionOf));
  const cross = (along[0] - origin[0]) * (next[1] - origin[1]) - (along[1] - origin[1]) * (next[0] - origin[0]);
  return !(cross < 0);
}

function mapHandle(
  source: ByteSource,
  grid: Grid,
  index: number,
  flipRows: boolean,
  sweep: DatasetInfo["axes"][0],
): DatasetHandle {
  const { name, unit } = splitTitle(grid.channels[index]);
  const title = name.replace("[bwd]", "(backward)");
  const image = imageInfo(source, {
    ...measuredArea(grid),
    name: title,
    dtype: "float32",
    quantity: name.replace(/\s*\[.*$/, ""),
    unit,
  });
  const info: DatasetInfo = { ...image, kind: "spectral-map", axes: [...image.axes, sweep] };
  const parameters = grid.perPoint - grid.points * grid.channels.length;
  return wholeHandle(info, async () => {
    const data = await readPerPoint(source, grid, parameters + index * grid.points, grid.points);
    return scaleBy(orient(data, grid.columns * grid.points, { flipRows }), valueUnit(unit).factor);
  });
}

function measuredArea(grid: Grid) {
  const { rows, columns, widthNm, metadata } = grid;
  return { rows, columns, widthNm, heightNm: (grid.heightNm * rows) / grid.plannedRows, metadata };
}

function parameterHandle(source: ByteSource, grid: Grid, index: number, flipRows: boolean): DatasetHandle {
  const { name, unit } = splitTitle(grid.parameters[index]);
  const info = imageInfo(source, {
    ...measuredArea(grid),
    name: `${name} (parameter)`,
    dtype: "float32",
    quantity: name,
    unit,
  });
  return wholeHandle(info, async () => {
    const data = await readPerPoint(source, grid, index, 1);
    return scaleBy(orient(data, grid.columns, { flipRows }), valueUnit(unit).factor);
  });
}

/**
 * Nanonis grid spectroscopy. Layout: "key=value" lines up to ":HEADER_END:", then for each point of the grid its
 * parameters (the first two: start and end of the sweep) and its channels, float32 big endian. Each channel is a
 * (rows, columns, sweep) map with row 0 at the top, and the tip height an image. An interrupted grid gives the rows
 * that were begun, NaN where nothing was measured. Sweeps of several segments are described by start and end only.
 * Source: Nanonis software manual, "3DS file format".
 */
export const nanonis3ds: Format = {
  name: "Nanonis 3DS",
  extensions: ["3ds"],
  detect: (head) => startsWith(head, "Grid dim=") || /^[\x20-\x7e]+=.*\r?\nGrid (dim|settings)=/.test(latin1(head)),
  async open(source): Promise<OpenedFile> {
    const { text, end } = await readHeader(source, HEADER_END);
    const entries = entriesOf(text);
    const lineEnd = await source.read(end, Math.min(2, source.size - end));
    const grid = gridOf(source, entries, end + (lineEnd[0] === 13 ? 2 : 1));
    const first = toFloat32(await source.read(grid.offset, 8), "float32", false);
    const { name, unit } = splitTitle(entries.get("Sweep Signal") ?? "");
    const step = (first[1] - first[0]) / Math.max(1, grid.points - 1);
    const coordinates = Float64Array.from({ length: grid.points }, (_, i) => first[0] + i * step);
    const sweep = sweepAxis(name, coordinates, unit);
    const flipRows = await bottomFirst(source, grid);
    const maps = grid.channels.map((_, i) => mapHandle(source, grid, i, flipRows, sweep.axis));
    const height = grid.parameters.indexOf("Z (m)");
    const images = height < 0 ? [] : [parameterHandle(source, grid, height, flipRows)];
    return {
      format: nanonis3ds.name,
      datasets: [...maps, ...images],
      metadata: { ...grid.metadata, ...sweep.metadata },
    };
  },
};
