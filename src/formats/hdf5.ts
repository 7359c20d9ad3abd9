import { FormatError } from "../errors.ts";
import { arrangedHandle } from "./arrange.ts";
import { startsWith } from "./bytes.ts";
import type { FileArray } from "./file_array.ts";
import type { Format, OpenedFile } from "./format.ts";
import type { Hdf5Dataset, Hdf5Dialect } from "./hdf5_dialect.ts";
import { berkeleyEmd } from "./hdf5_emd.ts";
import { Hdf5File, type NumericType } from "./hdf5_file.ts";
import { hyperspy } from "./hdf5_hyperspy.ts";
import { withHdf5 } from "./hdf5_library.ts";
import { nsid } from "./hdf5_nsid.ts";
import { plainDatasets } from "./hdf5_plain.ts";
import { usid } from "./hdf5_usid.ts";
import { velox } from "./hdf5_velox.ts";
import type { ByteSource } from "./source.ts";

const SIGNATURE = "\x89HDF\r\n\x1a\n";
/** Where the signature may stand: user blocks (MATLAB v7.3 has one of 512 bytes) have sizes of powers of two. */
const SIGNATURE_OFFSETS = [0, 512, 1024, 2048];

const DIALECTS: readonly Hdf5Dialect[] = [nsid, usid, velox, berkeleyEmd, hyperspy];

/** HDF5 in the dialects of microscopy; whatever they do not claim is listed by its path. */
export const hdf5: Format = {
  name: "HDF5",
  extensions: ["h5", "hdf5", "hf5", "emd", "hspy", "mat", "nxs"],
  detect: (head) => SIGNATURE_OFFSETS.some((offset) => startsWith(head, SIGNATURE, offset)),
  async open(source) {
    await checkSuperblock(source);
    return withHdf5(source, (module, id) => describe(new Hdf5File(module, id, source), source));
  },
};

/** Offsets and lengths of 8 bytes are what every known writer uses, and what `globalHeapIsSound` understands. */
async function checkSuperblock(source: ByteSource): Promise<void> {
  for (const offset of SIGNATURE_OFFSETS.filter((start) => start + 16 <= source.size)) {
    const start = await source.read(offset, 16);
    if (!startsWith(start, SIGNATURE)) continue;
    const sizes = start[8] < 2 ? 13 : 9;
    if (start[sizes] === 8 && start[sizes + 1] === 8) return;
    throw new FormatError(
      `${source.name}: expected HDF5 offsets and lengths of 8 bytes, found ${start[sizes]} and ${start[sizes + 1]}`,
    );
  }
  throw new FormatError(`${source.name}: truncated: no HDF5 superblock in ${source.size} bytes`);
}

function describe(file: Hdf5File, source: ByteSource): OpenedFile {
  for (const dialect of DIALECTS) {
    const recognised = dialect.recognise(file);
    if (!recognised) continue;
    const { datasets, hides, metadata } = recognised;
    const claimed = new Set(datasets.map((dataset) => dataset.path));
    const others = plainDatasets(file, (path) => claimed.has(path) || hides(path));
    return openedFile(file, source, `HDF5 (${dialect.name})`, [...datasets, ...others], metadata);
  }
  const all = plainDatasets(file, () => false);
  return openedFile(file, source, "HDF5", all);
}

function openedFile(
  file: Hdf5File,
  source: ByteSource,
  format: string,
  found: readonly Hdf5Dataset[],
  metadata: OpenedFile["metadata"] = {},
): OpenedFile {
  if (found.length === 0) {
    throw new FormatError(`${source.name}: the ${format} file holds no numeric dataset that can be read`);
  }
  const datasets = found.map(({ path, info, arrangement }) => {
    return arrangedHandle(info, arrangement, fileArray(source, path, file.numericType(path)));
  });
  return { format, datasets, metadata };
}

/** Chunks that the library holds at once: as stored, decompressed, and in its cache. */
const CHUNKS_HELD = 3;

/** The file is opened anew for every block, so that nothing stays open between reads. */
function fileArray(source: ByteSource, path: string, type: NumericType | undefined): FileArray {
  const shape = type?.shape ?? [];
  const chunks = type?.chunks ?? shape.map((size, k) => (k === 0 ? 1 : size));
  const valueBytes = type?.element.bytes ?? 0;
  // Read along the axis that the chunks cut most finely: a chunk is then decoded once.
  const pieces = shape.map((size, k) => Math.ceil(size / chunks[k]));
  const axis = pieces.indexOf(Math.max(...pieces));
  return {
    shape,
    slabs: { axis, multiple: chunks[axis] },
    readBlock(start, count) {
      const need = valueBytes * (product(count) + CHUNKS_HELD * product(chunks));
      return withHdf5(source, (module, id) => new Hdf5File(module, id, source).readBlock(path, start, count), need);
    },
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
