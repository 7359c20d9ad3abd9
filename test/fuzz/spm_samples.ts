/** Seeds of the scanning-probe formats: those of the oracle, and built ones for the variants that it does not have. */
import { readFileSync } from "node:fs";
import { unzlibSync } from "fflate";
import { writeCreatec, writeIso, writeWsxm } from "../writers/spm.ts";
import { ByteWriter } from "../writers/spm_bytes.ts";
import type { Specimen } from "./attempt.ts";
import { testFile } from "./project.ts";

interface OracleFile {
  readonly name: string;
  readonly bytes: string;
  readonly siblings: Readonly<Record<string, string>>;
}

const oracle = JSON.parse(readFileSync(testFile("oracles/spm.json"), "utf8")) as {
  samples: Record<string, OracleFile>;
};

const unpack = (text: string) => unzlibSync(Buffer.from(text, "base64"));
const text = (content: string) => () => new ByteWriter().text(content).done();

/** A file of the oracle with what lies beside it. */
export function oracleFile(key: string): { name: string; bytes: Uint8Array; siblings: Record<string, Uint8Array> } {
  const { name, bytes, siblings } = oracle.samples[key];
  const beside = Object.entries(siblings).map(([file, packed]) => [file, unpack(packed)] as const);
  return { name, bytes: unpack(bytes), siblings: Object.fromEntries(beside) };
}

const createc = { "Num.X": 4, "Num.Y": 4, Channels: 2, "Dacto[A]z": 1, Gainpreamp: 9 };
const channels = [
  ["Z", "m"],
  ["I", "A"],
] as const;
const iso = {
  mode: "MAP_MC",
  rows: 2,
  columns: 2,
  channels,
  values: [
    [1, 5],
    [2, 6],
    [3, 7],
    [4, 8],
  ],
};
const wsxm = "WSxM file copyright UAM\n";

export const spmSamples: Readonly<Record<string, () => Uint8Array | Specimen>> = {
  ...Object.fromEntries(Object.keys(oracle.samples).map((key) => [`spm/${key}`, () => oracleFile(key)])),
  "spm/createc 16 bit": () => writeCreatec("[Parameter]", createc, new Array<number>(32).fill(7)),
  "spm/iso28600": () => writeIso(iso),
  "spm/wsxm binary": () => writeWsxm("short", 4, 4, new Array<number>(16).fill(3)),
  "spm/wsxm xyz": text(`${wsxm}WSxM ASCII XYZ file\nX[nm]\tY[nm]\tZ[nm]\n\n0 0 1\n1 0 2\n0 1 3\n1 1 4\n`),
  "spm/wsxm matrix": text(`${wsxm}WSxM ASCII Matrix file\nX Amplitude: 3 nm\n\n1\t2\n4\t5\n`),
  "spm/wsxm #": text(
    "# File Format = ASCII\n# x-pixels = 2\n# y-pixels = 2\n# x-length = 2\n# Start of Data:\n1 2\n3 4\n",
  ),
};
