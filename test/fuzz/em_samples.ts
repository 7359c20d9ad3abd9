import { type DmImage, writeDm } from "../writers/dm_writer.ts";
import { writeMrc } from "../writers/mrc_writer.ts";
import { writeSer } from "../writers/ser_writer.ts";
import type { Sample } from "./attempt.ts";

const count = (size: number) => Array.from({ length: size }, (_, i) => i);

const thumbnail: DmImage = { name: "thumbnail", dimensions: [2, 2], values: [0, 1, 2, 3], kind: "uint8" };
const spectrumImage: DmImage = {
  name: "SI",
  dimensions: [4, 3, 5],
  values: count(60),
  kind: "float32",
  calibrations: [
    [0, 2, "nm"],
    [0, 3, "µm"],
    [-100, 0.5, "eV"],
  ],
  tags: [["Microscope Info", { group: [["Voltage", { float: 200000 }]] }]],
};

/** Small electron-microscopy files made by test/writers. */
export const emSamples: Readonly<Record<string, Sample>> = {
  "em/little.dm3": () => writeDm([thumbnail, spectrumImage], { version: 3, littleEndian: true }),
  "em/big.dm4": () => writeDm([thumbnail, spectrumImage], { version: 4, littleEndian: false }),
  "em/images.ser": () =>
    writeSer({
      version: 0x220,
      elements: [count(6), count(6)],
      shape: [2, 3],
      kind: "uint16",
      calibrations: [
        [0, 2e-11, 0],
        [0, 3e-11, 0],
      ],
      scan: [[2, 1, "Number"]],
    }),
  "em/spectra.ser": () =>
    writeSer({
      version: 0x210,
      elements: count(6).map((k) => [k, k + 10, k + 20, k + 30]),
      shape: [4],
      kind: "int32",
      calibrations: [[100, 0.5, 2]],
      scan: [
        [3, 2e-9, "meters"],
        [2, 4e-9, "meters"],
      ],
    }),
  "em/big.mrc": () =>
    writeMrc({ shape: [2, 3, 4], values: count(24), kind: "float32", mode: 2, littleEndian: false, extended: 64 }),
};
