import { ByteReader } from "./bytes.ts";
import type { ByteSource } from "./source.ts";

export const MATRIX_MAGIC = "ONTMATRX0101";

export type ParameterValue = number | string | boolean;

/** How raw counts become values: p = (raw − offset)·scale. */
export interface TransferFunction {
  readonly offset: number;
  readonly scale: number;
}

/** What the parameter files say at the moment when a data file was finished. */
export interface MatrixParameters {
  /** "XYScanner.Points" → value and unit. */
  readonly values: ReadonlyMap<string, { readonly value: ParameterValue; readonly unit: string }>;
  /** Name and unit of each channel, by its number. */
  readonly channels: ReadonlyMap<number, { readonly name: string; readonly unit: string }>;
  readonly transfer: ReadonlyMap<number, TransferFunction>;
}

/** Blocks without a time stamp; ids are written backwards. */
const WITHOUT_TIME = new Set(["REFX", "NACS", "TCID", "SCHC", "TSNI", "SXNC", "LNEG"]);
/** Real sessions have some thousand; a hostile file must not fill the memory with empty names. */
const MAX_ENTRIES = 200_000;
const LONGEST_FILE = 2 ** 28;

class ParameterReader {
  readonly values = new Map<string, { value: ParameterValue; unit: string }>();
  readonly channels = new Map<number, { name: string; unit: string }>();
  readonly transfer = new Map<number, TransferFunction>();
  readonly #wanted: string;
  #entries = 0;

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  /** Reads blocks up to the one that names the wanted data file. Returns whether it came. */
  run(input: ByteReader): boolean {
    while (input.remaining >= 8) {
      const id = input.latin1(4);
      const length = input.u32();
      if (!WITHOUT_TIME.has(id)) input.skip(8);
      if (this.#block(id, new ByteReader(input.take(length), input.name, true))) return true;
    }
    return false;
  }

  #block(id: string, block: ByteReader): boolean {
    if (id === "APEE") this.#experiment(block);
    else if (id === "DOMP") this.#modified(block);
    else if (id === "YSCC") this.#run(block);
    else if (id === "TCID") this.#dictionary(block);
    else if (id === "REFX") this.#transferFunctions(block);
    else if (id === "FERB") {
      block.skip(4);
      return this.#text(block) === this.#wanted;
    }
    return false;
  }

  #count(block: ByteReader): void {
    if (++this.#entries > MAX_ENTRIES) block.fail(`more than ${MAX_ENTRIES} parameters`);
  }

  /** Number of UTF-16 characters, then the characters. */
  #text(block: ByteReader): string {
    const length = block.u32();
    return new TextDecoder("utf-16le").decode(block.take(2 * length));
  }

  #value(block: ByteReader): ParameterValue {
    const type = block.latin1(4);
    if (type === "LOOB") return block.u32() !== 0;
    if (type === "GNOL") return block.i32();
    if (type === "BUOD") return block.f64();
    if (type === "GRTS") return this.#text(block);
    return block.fail(`a parameter of the unknown type ${JSON.stringify(type)}`);
  }

  #property(block: ByteReader, element: string): void {
    this.#count(block);
    const name = this.#text(block);
    const unit = this.#text(block);
    block.skip(4);
    this.values.set(`${element}.${name}`, { value: this.#value(block), unit });
  }

  /** EEPA: all parameters of the experiment, by element. */
  #experiment(block: ByteReader): void {
    block.skip(4);
    const elements = block.u32();
    for (let i = 0; i < elements; i++) {
      const element = this.#text(block);
      const properties = block.u32();
      for (let j = 0; j < properties; j++) this.#property(block, element);
    }
  }

  /** PMOD: one parameter changed during the experiment. */
  #modified(block: ByteReader): void {
    block.skip(4);
    this.#property(block, this.#text(block));
  }

  #run(block: ByteReader): void {
    block.skip(4);
    this.run(block);
  }

  /** DICT: names and units of the channels, between two tables that are not needed. */
  #dictionary(block: ByteReader): void {
    block.skip(8);
    const devices = block.u32();
    for (let i = 0; i < devices; i++) {
      block.skip(16);
      this.#text(block);
      this.#text(block);
    }
    const channels = block.u32();
    for (let i = 0; i < channels; i++) {
      this.#count(block);
      block.skip(4);
      const key = block.u32();
      block.skip(8);
      this.channels.set(key, { name: this.#text(block), unit: this.#text(block) });
    }
  }

  /** XFER: the transfer function of each channel. */
  #transferFunctions(block: ByteReader): void {
    while (block.remaining > 0) {
      this.#count(block);
      block.skip(4);
      const key = block.u32();
      const name = this.#text(block);
      this.#text(block);
      const values: Record<string, number> = {};
      const count = block.u32();
      for (let i = 0; i < count; i++) {
        const parameter = this.#text(block);
        values[parameter] = Number(this.#value(block));
      }
      const made = transferFunction(name, values);
      if (made) this.transfer.set(key, made);
    }
  }
}

/** Linear: p = (raw − Offset)/Factor. Multi-linear: p = (Raw_1 − PreOffset)·(raw − Offset)/(NeutralFactor·PreFactor). */
function transferFunction(name: string, p: Readonly<Record<string, number>>): TransferFunction | undefined {
  const scale = {
    TFF_Identity: 1,
    TFF_Linear1D: 1 / p.Factor,
    TFF_MultiLinear1D: (p.Raw_1 - p.PreOffset) / (p.NeutralFactor * p.PreFactor),
  }[name];
  const offset = name === "TFF_Identity" ? 0 : p.Offset;
  return scale !== undefined && Number.isFinite(scale * offset) ? { offset, scale } : undefined;
}

/**
 * The parameters for the data file `dataName`, out of the chain "<experiment>_0001.mtrx", "_0002.mtrx" … beside it; a
 * later link goes on where the one before ends. undefined where the first link is missing, or no sibling can be had.
 */
export async function readMatrixParameters(
  source: ByteSource,
  dataName: string,
): Promise<MatrixParameters | undefined> {
  const dashes = dataName.lastIndexOf("--");
  if (dashes < 0 || !source.sibling) return undefined;
  const reader = new ParameterReader(dataName);
  for (let link = 1; link < 10_000; link++) {
    const sibling = await source.sibling(`${dataName.slice(0, dashes)}_${String(link).padStart(4, "0")}.mtrx`);
    if (!sibling) return link === 1 ? undefined : reader;
    try {
      const bytes = await sibling.read(0, Math.min(sibling.size, LONGEST_FILE));
      const input = new ByteReader(bytes, sibling.name, true);
      if (input.latin1(MATRIX_MAGIC.length) !== MATRIX_MAGIC) input.fail(`expected the signature ${MATRIX_MAGIC}`);
      if (reader.run(input)) return reader;
    } finally {
      await sibling.close();
    }
  }
  return reader;
}
