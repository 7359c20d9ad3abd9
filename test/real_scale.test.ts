import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fit } from "../src/fit.ts";
import { readDataset } from "../src/formats/registry.ts";
import { materialOf } from "../src/results/materials.ts";
import { checkScale } from "../src/results/scale_check.ts";

const REAL = process.env.SHIFT_VAE_REAL_DATA ?? join(import.meta.dirname, "../../shared/real");
const present = existsSync(REAL);
if (!present) console.warn(`scales of instrument files not checked: no folder ${REAL} (set SHIFT_VAE_REAL_DATA)`);

/** A fit with many windows, so that few sites stay empty, and short training: the lattice needs no more. */
async function checkFile(file: string, material: string, roi?: readonly [number, number, number, number]) {
  const dataset = await readDataset(join(REAL, file), { roi });
  return checkScale(await fit(dataset, { samples: 4000, epochs: 0.3, restarts: 2 }), materialOf(material));
}

describe.runIf(present)("scales that files of instruments say", () => {
  it.each(["2a", "2b"])(
    "of NbS2 (%s) are too small by a twentieth",
    async (name) => {
      const check = await checkFile(`stm/nbs2_cdw_${name}_wsxm_ascii.txt`, "NbS2");
      expect(check?.cell).toBe("1 × 1 cell");
      expect(check?.factor).toBeGreaterThan(0.93);
      expect(check?.factor).toBeLessThan(0.96);
      expect(check?.warning).toMatch(/does not fit NbS2 layer: lengths are 5\.\d % too short/);
    },
    120_000,
  );

  it("of graphite are not the same along all directions", async () => {
    const check = await checkFile("stm/graphite_terrace_iso_spm.spm", "graphite", [0, 0, 300, 200]);
    expect(check?.distortion).toBeGreaterThan(1.2);
    expect(check?.warning).toMatch(/another shape than that of graphite layer/);
  }, 120_000);

  it("of SrTiO3 are right", async () => {
    const check = await checkFile("stem/srtio3_nsid.hf5", "SrTiO3");
    expect(check?.warning).toBeUndefined();
    expect(Math.abs((check?.factor ?? 0) - 1)).toBeLessThan(0.006);
  }, 120_000);
});
