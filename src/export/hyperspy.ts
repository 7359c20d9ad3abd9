import type { Group } from "h5wasm";
import { openLibrary } from "../formats/hdf5_library.ts";
import type { LabelledArray } from "./arrays.ts";

/** Version of HyperSpy's file specification that is written. */
const FORMAT_VERSION = "3.3";

/** HyperSpy's mark of an attribute that has no value. */
const NO_VALUE = "_None_";

let written = 0;

/** Memory that the library may take beside twice the values: its caches. */
const LIBRARY_BYTES = 1 << 26;

function writeAxes(group: Group, { dimensions }: LabelledArray): void {
  dimensions.forEach(({ name, scale = 1, offset = 0, unit = "" }, k) => {
    const axis = group.create_group(`axis-${k}`);
    axis.create_attribute("_type", "UniformDataAxis");
    axis.create_attribute("name", name);
    axis.create_attribute("scale", scale, null, "<d");
    axis.create_attribute("offset", offset, null, "<d");
    axis.create_attribute("size", dimensions[k].size, null, "<i");
    axis.create_attribute("units", unit || NO_VALUE);
  });
}

function writeSignal(experiments: Group, array: LabelledArray): void {
  const group = experiments.create_group(array.name);
  group.create_dataset({ name: "data", data: array.data, shape: array.dimensions.map(({ size }) => size) });
  writeAxes(group, array);
  group.create_group("original_metadata");
  group.create_group("learning_results");
  const metadata = group.create_group("metadata");
  const general = metadata.create_group("General");
  general.create_attribute("title", array.title);
  const signal = metadata.create_group("Signal");
  signal.create_attribute("signal_type", "");
  // Says that the last two axes are the picture, or the last one the curve; the others go through them. Newer files say it by a truth
  // value of each axis, a type that the library cannot write; HyperSpy reads both.
  signal.create_attribute("record_by", array.shown === 2 ? "image" : "spectrum");
  if (array.unit) signal.create_attribute("quantity", `${array.title} (${array.unit})`);
}

/**
 * A result as a HyperSpy file: one signal a picture or curve, with axes in the unit of the pixel size; `hyperspy.api.load` gives them
 * as a list (https://hyperspy.org/rosettasciio/file_specification/hspy.html). Lists of motifs are no signals and stay out.
 */
export async function hspyFile(arrays: readonly LabelledArray[]): Promise<Uint8Array> {
  const { File, files, memory } = await openLibrary();
  const signals = arrays.filter(({ shown }) => shown > 0);
  memory.set(LIBRARY_BYTES + 2 * signals.reduce((sum, { data }) => sum + data.byteLength, 0));
  const path = `/result-${written++}.hspy`;
  const file = new File(path, "w");
  try {
    file.create_attribute("file_format", "HyperSpy");
    file.create_attribute("file_format_version", FORMAT_VERSION);
    const experiments = file.create_group("Experiments");
    for (const array of signals) writeSignal(experiments, array);
  } finally {
    file.close();
  }
  try {
    return files.readFile(path);
  } finally {
    files.unlink(path);
  }
}
