import type { Axis } from "../data/dataset.ts";
import type { Hdf5File } from "./hdf5_file.ts";
import { at, type Json, numberAt, parseJson, textAt } from "./json_path.ts";
import { fileAxis } from "./units.ts";

/** The JSON of the first frame. */
export function veloxMetadata(file: Hdf5File, group: string): Json {
  const path = `${group}/Metadata`;
  const type = file.has(path) ? file.numericType(path) : undefined;
  if (type?.shape.length !== 2 || type.element.bytes !== 1 || type.shape[1] === 0) return {};
  const bytes = Uint8Array.from(file.readBlock(path, [0, 0], [type.shape[0], 1]));
  const end = bytes.indexOf(0);
  return parseJson(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)));
}

/** What is worth showing of a frame's metadata. */
export function veloxSummary(json: Json): Record<string, string | number> {
  const started = numberAt(json, "Acquisition.AcquisitionStartDatetime.DateTime");
  const entries: [string, string | number | undefined][] = [
    ["instrument", textAt(json, "Instrument.InstrumentClass")],
    ["detector", textAt(json, "BinaryResult.Detector")],
    ["voltage (V)", numberAt(json, "Optics.AccelerationVoltage")],
    ["camera length (m)", numberAt(json, "Optics.CameraLength")],
    ["dwell time (s)", numberAt(json, "Scan.DwellTime")],
    ["magnification", numberAt(json, "CustomProperties.StemMagnification.value")],
    // Velox counts seconds since 1970; 0 stands for unknown.
    ["date", started && started < 8.64e12 ? new Date(started * 1000).toISOString() : undefined],
  ];
  return Object.fromEntries(entries.filter((entry): entry is [string, string | number] => entry[1] !== undefined));
}

/**
 * Energy axis of an X-ray detector: Dispersion and OffsetEnergy in eV, under the detector that made the data. A detector
 * of several segments ("SuperXG2") is listed by them ("SuperXG21", …), which share their calibration.
 */
export function veloxEnergyAxis(json: Json, channels: number): Axis {
  const name = textAt(json, "BinaryResult.Detector");
  const detectors: Json[] = Object.values(at(json, "Detectors") ?? {});
  const detector = detectors.find((entry) => name && textAt(entry, "DetectorName")?.startsWith(name)) ?? {};
  return fileAxis("energy", channels, numberAt(detector, "Dispersion") ?? 0, "eV", numberAt(detector, "OffsetEnergy"));
}
