import type { DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { toFloat32 } from "./numeric.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import {
  checkChannelCount,
  imageInfo,
  type Metadata,
  metadataOf,
  type Orientation,
  orient,
  positiveInteger,
  readHeader,
  scaleBy,
  wholeHandle,
} from "./spm_image.ts";
import { valueUnit } from "./spm_units.ts";

const DATA_MARKER = "\x1a\x04";

/** Sections of the header: ":NAME:" on a line of its own, then its lines. */
function sectionsOf(header: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of header.split(/\r?\n/)) {
    const title = /^:(.+):\s*$/.exec(line);
    if (title) {
      lines = [];
      sections.set(title[1], lines);
    } else if (line.trim()) {
      lines.push(line);
    }
  }
  return sections;
}

/** A table of tab-separated columns: one record a row, by the titles of the first. */
function tableOf(lines: readonly string[] = []): Record<string, string>[] {
  const [titles = [], ...rows] = lines.map((line) => line.trim().split(/\t+/));
  return rows.map((row) => Object.fromEntries(titles.map((title, i) => [title, row[i] ?? ""])));
}

interface Scan {
  readonly rows: number;
  readonly columns: number;
  readonly heightNm: number;
  readonly widthNm: number;
  readonly up: boolean;
  readonly littleEndian: boolean;
  readonly metadata: Metadata;
}

function scanOf(source: ByteSource, sections: ReadonlyMap<string, string[]>): Scan {
  const first = (title: string) => sections.get(title)?.[0]?.trim() ?? "";
  const words = (title: string) => first(title).split(/\s+/);
  const [sample, order] = words("SCANIT_TYPE");
  if (sample !== "FLOAT" || !/^[ML]SBFIRST$/.test(order ?? "")) {
    throw new FormatError(`${source.name}: SCANIT_TYPE: expected FLOAT MSBFIRST, found ${first("SCANIT_TYPE")}`);
  }
  const [columns, rows] = words("SCAN_PIXELS").map((text) => positiveInteger(source, "SCAN_PIXELS", text));
  const [width, height] = words("SCAN_RANGE").map(Number);
  const [centreX, centreY] = words("SCAN_OFFSET").map((text) => Number(text) * 1e9);
  const controller = tableOf(sections.get("Z-CONTROLLER"))[0];
  const metadata = metadataOf({
    "bias (V)": first("BIAS"),
    setpoint: controller?.Setpoint,
    controller: controller?.Name,
    date: `${first("REC_DATE")} ${first("REC_TIME")}`,
    "temperature (K)": first("REC_TEMP"),
    "scan angle (deg)": first("SCAN_ANGLE"),
    "scan direction": first("SCAN_DIR"),
    "acquisition time (s)": first("ACQ_TIME"),
    "scan centre x (nm)": centreX,
    "scan centre y (nm)": centreY,
    comment: sections.get("COMMENT")?.join("; "),
  });
  return {
    rows: rows ?? positiveInteger(source, "SCAN_PIXELS", undefined),
    columns,
    heightNm: height * 1e9,
    widthNm: width * 1e9,
    up: first("SCAN_DIR").toLowerCase() === "up",
    littleEndian: order === "LSBFIRST",
    metadata,
  };
}

/** The recorded images in the file's order: channel by channel, forward before backward. */
function imagesOf(channels: readonly Record<string, string>[]): { channel: string; unit: string; backward: boolean }[] {
  return channels.flatMap((row) => {
    const image = { channel: row.Name ?? "", unit: row.Unit ?? "" };
    const direction = (row.Direction ?? "").toLowerCase();
    if (direction === "forward" || direction === "backward") return [{ ...image, backward: direction === "backward" }];
    return [
      { ...image, backward: false },
      { ...image, backward: true },
    ];
  });
}

function imageHandle(
  source: ByteSource,
  info: DatasetInfo,
  scan: Scan,
  offset: number,
  turn: Orientation,
  scale: number,
) {
  return wholeHandle(info, async () => {
    const bytes = await source.read(offset, scan.rows * scan.columns * 4);
    return scaleBy(orient(toFloat32(bytes, "float32", scan.littleEndian), scan.columns, turn), scale);
  });
}

/**
 * Nanonis scan file. Layout: a text header of ":NAME:" sections, 0x1A 0x04, then float32 images of SCAN_PIXELS, for
 * each line of DATA_INFO forward and backward. Rows are in the order of the scan (upwards: bottom first), and backward
 * lines in the order of the scan too: both are turned so that all images align, row 0 at the top.
 * Lines that were never scanned are NaN. Source: Nanonis software manual, "SXM file format".
 */
export const sxm: Format = {
  name: "Nanonis SXM",
  extensions: ["sxm"],
  detect: (head) => startsWith(head, ":NANONIS_VERSION:"),
  async open(source): Promise<OpenedFile> {
    const { text, end } = await readHeader(source, DATA_MARKER);
    const sections = sectionsOf(text);
    const scan = scanOf(source, sections);
    const images = imagesOf(tableOf(sections.get("DATA_INFO")));
    checkChannelCount(source, images.length);
    const bytes = sampleCount(source.name, [scan.rows, scan.columns]) * 4;
    if (images.length === 0) throw new FormatError(`${source.name}: DATA_INFO lists no channel`);
    if (end + bytes * images.length > source.size) {
      throw new FormatError(
        `${source.name}: truncated: ${images.length} images of ${scan.rows}×${scan.columns} need ${end + bytes * images.length} bytes, the file has ${source.size}`,
      );
    }
    const datasets: DatasetHandle[] = images.map(({ channel, unit, backward }, i) => {
      const info = imageInfo(source, {
        ...scan,
        name: `${channel} (${backward ? "backward" : "forward"})`,
        dtype: "float32",
        quantity: channel,
        unit,
      });
      const turn = { flipRows: scan.up, flipColumns: backward };
      return imageHandle(source, info, scan, end + i * bytes, turn, valueUnit(unit).factor);
    });
    return { format: sxm.name, datasets, metadata: scan.metadata };
  },
};
