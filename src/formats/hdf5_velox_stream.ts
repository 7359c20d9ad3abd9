import type { FileArray } from "./file_array.ts";
import { type Hdf5Dataset, leafOf } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";
import { veloxEnergyAxis, veloxMetadata, veloxSummary } from "./hdf5_velox_metadata.ts";
import { type Json, numberAt, parseJson, textAt } from "./json_path.ts";
import { fileAxis } from "./units.ts";

/** In a stream of X-ray events, the value that ends a pixel; all others are energy channels. */
const END_OF_PIXEL = 65535;
const MAX_CHANNELS = 65535;

/**
 * Spectrum images of Data/SpectrumStream: uint16 events pixel by pixel, frame after frame, which are counted to
 * (rows, columns, channels) over all frames when read.
 */
export function spectrumStreams(file: Hdf5File): Hdf5Dataset[] {
  return file.members("Data/SpectrumStream").flatMap((id) => spectrumStream(file, `Data/SpectrumStream/${id}`) ?? []);
}

function spectrumStream(file: Hdf5File, group: string): Hdf5Dataset | undefined {
  const path = `${group}/Data`;
  const type = file.has(path) ? file.numericType(path) : undefined;
  if (type?.element.dtype !== "uint16" || type.shape.length !== 2 || type.shape[0] === 0) return undefined;
  const settingsPath = `${group}/AcquisitionSettings`;
  const settings = file.has(settingsPath) ? file.values(settingsPath) : undefined;
  const channels = numberAt(parseJson(String(Array.isArray(settings) ? settings[0] : settings)), "bincount") ?? 0;
  const json = veloxMetadata(file, group);
  const [rows, columns] = scannedPixels(json);
  if (![rows, columns, channels].every((size) => Number.isSafeInteger(size) && size > 0) || channels > MAX_CHANNELS) {
    return undefined;
  }
  // Every pixel of every frame leaves a mark, so the grid cannot have more pixels than the stream has values.
  if (rows * columns > type.shape[0]) return undefined;
  const pixel = (name: string, size: number, side: string, unitKey: string) =>
    fileAxis(name, size, numberAt(json, `BinaryResult.PixelSize.${side}`) ?? 0, textAt(json, unitKey) ?? "");
  return {
    path,
    info: {
      name: `spectrum stream ${leafOf(group)}`,
      dtype: type.element.dtype,
      quantity: { name: "X-ray events", unit: "counts" },
      metadata: veloxSummary(json),
    },
    arrangement: {
      kind: "spectral-map",
      axes: [
        pixel("row", rows, "height", "BinaryResult.PixelUnitY"),
        pixel("column", columns, "width", "BinaryResult.PixelUnitX"),
        veloxEnergyAxis(json, channels),
      ],
      view: (events) => countedEvents(events, rows, columns, channels),
      order: [0, 1, 2],
    },
  };
}

/** (rows, columns) of the part of the field that was scanned: ScanArea is a fraction of ScanSize. */
function scannedPixels(json: Json): [number, number] {
  const value = (path: string, missing: number) => numberAt(json, `Scan.${path}`) ?? missing;
  const rows = value("ScanSize.height", 0) * (value("ScanArea.bottom", 1) - value("ScanArea.top", 0));
  const columns = value("ScanSize.width", 0) * (value("ScanArea.right", 1) - value("ScanArea.left", 0));
  return [Math.round(rows), Math.round(columns)];
}

/** Events by pixel: those of the k-th pixel scanned lie between two marks, `ends[k − 1]` and `ends[k]`. */
interface PixelEvents {
  readonly events: Uint16Array;
  readonly ends: Uint32Array;
}

function countedEvents(stream: FileArray, rows: number, columns: number, channels: number): FileArray {
  let loaded: Promise<PixelEvents> | undefined;
  return {
    shape: [rows, columns, channels],
    async readBlock(start, count) {
      loaded ??= loadEvents(stream);
      const { events, ends } = await loaded;
      const [blockRows, blockColumns, blockChannels] = count;
      const out = new Float32Array(blockRows * blockColumns * blockChannels);
      for (let pixel = 0; pixel < blockRows * blockColumns; pixel++) {
        const row = start[0] + Math.floor(pixel / blockColumns);
        const column = start[1] + (pixel % blockColumns);
        for (let k = row * columns + column; k < ends.length; k += rows * columns) {
          for (let i = k === 0 ? 0 : ends[k - 1] + 1; i < ends[k]; i++) {
            const channel = events[i] - start[2];
            if (channel >= 0 && channel < blockChannels) out[pixel * blockChannels + channel]++;
          }
        }
      }
      return out;
    },
  };
}

const EVENTS_PER_READ = 2 ** 22;

async function loadEvents(stream: FileArray): Promise<PixelEvents> {
  const total = stream.shape[0];
  const events = new Uint16Array(total);
  for (let done = 0; done < total; done += EVENTS_PER_READ) {
    events.set(await stream.readBlock([done, 0], [Math.min(EVENTS_PER_READ, total - done), 1]), done);
  }
  let marks = 0;
  for (const event of events) if (event === END_OF_PIXEL) marks++;
  // The pixel in which the stream breaks off ends where the stream does.
  const ends = new Uint32Array(marks + 1);
  let k = 0;
  for (let i = 0; i < total; i++) if (events[i] === END_OF_PIXEL) ends[k++] = i;
  ends[marks] = total;
  return { events, ends };
}
