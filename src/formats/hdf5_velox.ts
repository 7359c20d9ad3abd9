import { type Axis, pixelAxis, scaledAxis } from "../data/dataset.ts";
import type { Arrangement } from "./arrange.ts";
import { type Hdf5Dataset, type Hdf5Dialect, leafOf, parentOf } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";
import { veloxEnergyAxis, veloxMetadata, veloxSummary } from "./hdf5_velox_metadata.ts";
import { spectrumStreams } from "./hdf5_velox_stream.ts";
import { type Json, numberAt, textAt } from "./json_path.ts";
import { fileAxis } from "./units.ts";

/**
 * Velox EMD: Data/Image/<uuid>/Data (rows, columns, frames) and Data/Spectrum/<uuid>/Data (channels, spectra), each
 * beside Metadata, whose columns are JSON texts of zero-padded bytes, one a frame. Events of spectrum images lie
 * in Data/SpectrumStream; the rendered form Data/SpectrumImage has no public description and is only named.
 */
export const velox: Hdf5Dialect = {
  name: "Velox EMD",
  recognise(file) {
    if (!file.has("Data/Image") && !file.has("Data/SpectrumStream") && !file.has("Data/Spectrum")) return undefined;
    if (!file.has("Version") && !file.has("Application/Velox")) return undefined;
    const images = withUniqueNames(file.members("Data/Image").flatMap((id) => image(file, `Data/Image/${id}`) ?? []));
    const spectra = file.members("Data/Spectrum").flatMap((id) => spectrum(file, `Data/Spectrum/${id}`) ?? []);
    const streams = spectrumStreams(file);
    const rendered = file.members("Data/SpectrumImage").length;
    const metadata: Record<string, number> = rendered > 0 ? { "rendered spectrum images (unsupported)": rendered } : {};
    return { datasets: [...images, ...streams, ...spectra], hides: () => true, metadata };
  },
};

function image(file: Hdf5File, group: string): Hdf5Dataset | undefined {
  const path = `${group}/Data`;
  const type = file.has(path) ? file.numericType(path) : undefined;
  if (type?.shape.length !== 3 || type.shape.some((size) => size === 0)) return undefined;
  const json = veloxMetadata(file, group);
  const [rows, columns, frames] = type.shape;
  const pixel = (name: string, size: number, side: string, unitKey: string, offset: string) =>
    fileAxis(
      name,
      size,
      numberAt(json, `BinaryResult.PixelSize.${side}`) ?? 0,
      textAt(json, `BinaryResult.${unitKey}`) ?? "",
      numberAt(json, `BinaryResult.Offset.${offset}`) ?? 0,
    );
  const plane = [pixel("row", rows, "height", "PixelUnitY", "y"), pixel("column", columns, "width", "PixelUnitX", "x")];
  const arrangement: Arrangement =
    frames === 1
      ? { kind: "image", axes: plane, order: [0, 1] }
      : { kind: "stack", axes: [frameAxis(json, frames), ...plane], order: [2, 0, 1] };
  const name = textAt(json, "BinaryResult.Detector") || leafOf(group);
  return { path, info: { name, dtype: type.element.dtype, metadata: veloxSummary(json) }, arrangement };
}

function frameAxis(json: Json, frames: number): Axis {
  const seconds = numberAt(json, "Scan.FrameTime") ?? 0;
  return seconds > 0 ? scaledAxis("frame", frames, seconds, "s") : pixelAxis("frame", frames);
}

function spectrum(file: Hdf5File, group: string): Hdf5Dataset | undefined {
  const path = `${group}/Data`;
  const type = file.has(path) ? file.numericType(path) : undefined;
  if (type?.shape.length !== 2 || type.shape.some((size) => size === 0)) return undefined;
  const json = veloxMetadata(file, group);
  const [channels, count] = type.shape;
  const axes = [pixelAxis("sample", count), veloxEnergyAxis(json, channels)];
  const name = `spectrum ${leafOf(parentOf(path))}`;
  const info = { name, dtype: type.element.dtype, metadata: veloxSummary(json) };
  return { path, info, arrangement: { kind: "spectra", axes, order: [1, 0] } };
}

/** Detectors may have several images: the later ones carry a number. */
function withUniqueNames(images: readonly Hdf5Dataset[]): Hdf5Dataset[] {
  const seen = new Map<string, number>();
  return images.map((dataset) => {
    const { name } = dataset.info;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? dataset : { ...dataset, info: { ...dataset.info, name: `${name} ${count}` } };
  });
}
