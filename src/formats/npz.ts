import { FormatError } from "../errors.ts";
import { startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { openNpyArrays } from "./npy.ts";
import { listZip, openZipMember } from "./zip.ts";

/**
 * NumPy's NPZ: a ZIP archive of NPY files, each one dataset. Members without numbers (text, Python objects) are passed
 * over and named in the metadata; an archive without a single numeric array is a `FormatError`.
 */
export const npz: Format = {
  name: "NPZ",
  extensions: [".npz"],
  async detect(head, source) {
    if (!startsWith(head, "PK\x03\x04")) return false;
    return (await listZip(source)).some((member) => member.name.endsWith(".npy"));
  },
  async open(source): Promise<OpenedFile> {
    const datasets: DatasetHandle[] = [];
    const skipped: string[] = [];
    for (const member of await listZip(source)) {
      if (!member.name.endsWith(".npy")) continue;
      const name = member.name.slice(0, -".npy".length);
      try {
        datasets.push(...(await openNpyArrays(await openZipMember(source, member), name)));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        skipped.push(error.message);
      }
    }
    if (datasets.length === 0) throw new FormatError(skipped[0] ?? `${source.name}: the archive holds no NPY file`);
    return { format: "NPZ", datasets, metadata: skipped.length > 0 ? { skipped: skipped.join("; ") } : {} };
  },
};
