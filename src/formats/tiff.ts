import { type Axis, type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import type { DatasetHandle, Format, OpenedFile, Selection } from "./format.ts";
import { SAMPLE_BYTES } from "./numeric.ts";
import { checkRawArray, type RawArray, readRawArray } from "./raw_array.ts";
import { resolveSelection, sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { hyperstackOrder, splitChannels } from "./tiff_hyperstack.ts";
import {
  isTiff,
  readTiffDirectory,
  readTiffHeader,
  type TiffDirectory,
  type TiffHeader,
  tiffDirectories,
} from "./tiff_ifd.ts";
import { type ChannelChoice, LAYOUT_TAGS, type PageLayout, readPage, readPageLayout } from "./tiff_page.ts";
import { openPark } from "./tiff_park.ts";
import { type FileStep, readTiffScale, type TiffScale } from "./tiff_scale.ts";
import { fileAxis } from "./units.ts";

const RGB = 2;
const YCBCR = 6;
const SUBFILE_TYPE = 254;
/** NewSubfileType: bit 0 a reduced version of another page, bit 2 a transparency mask. */
const NOT_AN_IMAGE = 1 | 4;

/** Pages of one shape and type, in file order: a stack. */
interface PageGroup {
  readonly layout: PageLayout;
  readonly offsets: number[];
}

/**
 * TIFF 6.0 and BigTIFF: strips and tiles, 1- to 64-bit integers, 16- to 64-bit floats, LZW, deflate and PackBits with
 * their predictors. Pages of one shape make a stack, of which a frame reads its page only, a region its strips or tiles.
 * ImageJ stacks of one directory are read as such. RGB becomes luminance; other channels, those of ImageJ's and OME's
 * hyperstacks too, are datasets of their own. Of a Park microscope's file the measurement is read, not its picture.
 * Not read: JPEG and other compressions made for photographs, CCITT, Zstandard.
 */
export const tiff: Format = {
  name: "TIFF",
  extensions: [".tif", ".tiff"],
  detect: isTiff,
  async open(source): Promise<OpenedFile> {
    const header = await readTiffHeader(source);
    const groups = await groupPages(source, header);
    if (groups.length === 0) throw new FormatError(`${source.name}: the TIFF file holds no image`);
    const first = await readTiffDirectory(source, header, groups[0].offsets[0]);
    const format = header.big ? "BigTIFF" : "TIFF";
    const park = await openPark(source, first);
    if (park) return { format: "TIFF (Park)", datasets: [park], metadata: {} };
    const scale = await readTiffScale(first);
    const imagej = await imagejStack(source, header, first, groups);
    const datasets = imagej
      ? [imagejHandle(imagej, groups[0].layout, scale)]
      : groups.flatMap((group, i) => groupHandles(source, header, group, scale, groups.length > 1 ? `pages ${i}` : ""));
    return { format, datasets: byChannel(datasets, scale), metadata: scale.metadata };
  },
};

/** A stack whose planes are those of several channels as one dataset a channel. */
function byChannel(datasets: DatasetHandle[], { planes, frame }: TiffScale): DatasetHandle[] {
  const [{ info }] = datasets;
  if (datasets.length > 1 || info.kind !== "stack" || !planes) return datasets;
  const order = hyperstackOrder(planes.order, planes.sizes, info.axes[0].size);
  if (!order) return datasets;
  return splitChannels(datasets[0], order, axisOf("frame", info.axes[0].size / order.channels, frame));
}

async function groupPages(source: ByteSource, header: TiffHeader): Promise<PageGroup[]> {
  const groups = new Map<string, PageGroup>();
  let previous: { readonly signature: string; readonly group: PageGroup } | undefined;
  for await (const { offset, directory } of tiffDirectories(source, header)) {
    // Thousands of pages like the first are not looked at one by one.
    const signature = directory.signature([SUBFILE_TYPE, ...LAYOUT_TAGS]);
    if (previous?.signature === signature) {
      previous.group.offsets.push(offset);
      continue;
    }
    if ((await directory.number(SUBFILE_TYPE, 0)) & NOT_AN_IMAGE) continue;
    const layout = await readPageLayout(source.name, directory);
    if (layout.photometric === YCBCR) throw new FormatError(`${source.name}: YCbCr colours are not read`);
    const { width, height, channels, bits, type, photometric } = layout;
    const key = [width, height, channels, bits, type, photometric].join();
    const group = groups.get(key) ?? { layout, offsets: [] };
    group.offsets.push(offset);
    groups.set(key, group);
    previous = { signature, group };
  }
  return [...groups.values()];
}

function groupHandles(
  source: ByteSource,
  header: TiffHeader,
  group: PageGroup,
  scale: TiffScale,
  label: string,
): DatasetHandle[] {
  const { channels, photometric } = group.layout;
  const name = label || "image";
  if (channels === 1 || photometric === RGB) return [pageHandle(source, header, group, scale, name, "luminance")];
  return Array.from({ length: channels }, (_, channel) =>
    pageHandle(source, header, group, scale, `${label ? `${label} ` : ""}channel ${channel}`, channel),
  );
}

function pageHandle(
  source: ByteSource,
  header: TiffHeader,
  { layout, offsets }: PageGroup,
  scale: TiffScale,
  name: string,
  choice: ChannelChoice,
): DatasetHandle {
  const info = describe(layout, offsets.length, scale, name);
  return {
    info,
    async read(selection?: Selection) {
      const region = resolveSelection(info, selection);
      const { rows, columns, frames, firstFrame } = region;
      const size = rows * columns;
      sampleCount(source.name, [frames, rows, columns]);
      const load = async (frame: number) => {
        const page = await readTiffDirectory(source, header, offsets[firstFrame + frame]);
        return readPage(source, page, header.littleEndian, choice, region);
      };
      const first = await load(0);
      if (frames === 1) return { ...region.info, data: first };
      const data = new Float32Array(frames * size);
      data.set(first);
      for (let frame = 1; frame < frames; frame++) data.set(await load(frame), frame * size);
      return { ...region.info, data };
    },
  };
}

function describe(layout: PageLayout, pages: number, scale: TiffScale, name: string): DatasetInfo {
  const { width, height, channels, type, bits, photometric } = layout;
  const axes: Axis[] = [axisOf("row", height, scale.row), axisOf("column", width, scale.column)];
  if (pages > 1) axes.unshift(axisOf("frame", pages, scale.frame));
  const colour = photometric === RGB ? " RGB" : "";
  const dtype = `${type ?? `uint${bits}`}${colour || (channels > 1 ? ` × ${channels} channels` : "")}`;
  const metadata: Record<string, string | number> = { ...scale.metadata };
  if (photometric === 0) metadata.photometric = "0 is white";
  return { name, kind: pages > 1 ? "stack" : "image", axes, dtype, metadata };
}

function axisOf(name: string, size: number, step: FileStep | undefined): Axis {
  return step ? fileAxis(name, size, step.step, step.unit) : pixelAxis(name, size);
}

/**
 * ImageJ writes a large stack as one directory and all images one after another (ij.io.TiffEncoder), "images=N" in the
 * description. Undefined where the file is not one of these.
 */
async function imagejStack(
  source: ByteSource,
  header: TiffHeader,
  page: TiffDirectory,
  groups: readonly PageGroup[],
): Promise<RawArray | undefined> {
  const { layout, offsets } = groups[0];
  const images = Number(/^ImageJ=[\s\S]*?^images=(\d+)\s*$/m.exec(await page.text(270))?.[1] ?? 1);
  const single = groups.length === 1 && offsets.length === 1;
  if (!single || images < 2 || layout.compression !== 1 || layout.planar || !layout.type) return undefined;
  const { height, width, channels, type } = layout;
  const dataOffset = await page.number(273, 0);
  const field = { type, littleEndian: header.littleEndian, complex: false, offset: 0, values: 1 };
  const shape = [images, height, width, channels];
  const array = { source, dataOffset, recordBytes: SAMPLE_BYTES[type], field, shape, fortran: false, channels };
  checkRawArray(array);
  return array;
}

function imagejHandle(array: RawArray, layout: PageLayout, scale: TiffScale): DatasetHandle {
  const info = describe(layout, array.shape[0], scale, "image");
  return { info, read: (selection) => readRawArray(array, info, selection) };
}
