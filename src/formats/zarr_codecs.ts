import { FormatError } from "../errors.ts";
import { checkZstd } from "./zstd_guard.ts";

/** What zarrita's registry of codecs holds, as far as it matters here. */
interface Codec {
  readonly kind?: "array_to_array" | "array_to_bytes" | "bytes_to_bytes";
  encode(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
  decode(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

interface ChunkMetadata {
  readonly dataType: string;
  readonly shape: number[];
}

type Decode = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Checksums and paddings that a chunk may have beyond its samples, bytes. */
const MOST_EXTRA = 1024;

/**
 * Bounds what a chunk of a Zarr array is decompressed to by the chunk's own shape: compressed data of a few bytes can
 * promise, and be given, the whole memory. Unknown codecs are refused where they are used. Changes zarrita's registry in place; once is enough.
 */
export function guardCodecs(registry: Map<string, () => Promise<unknown>>): void {
  for (const prefix of ["", "numcodecs."]) {
    for (const [name, promised] of Object.entries(PROMISED)) guardPromise(registry, `${prefix}${name}`, promised);
    registry.set(`${prefix}gzip`, inflating("gzip"));
    registry.set(`${prefix}zlib`, inflating("zlib"));
    registry.set(`${prefix}zstd`, zstandard);
  }
  const known = registry.get.bind(registry);
  registry.get = (name) => known(name) ?? (async () => unknownCodec(name));
}

/**
 * What stands for a codec that there is none of. zarrita loads all codecs of a chunk at once and looks at them in turn: one that it did not find would be
 * a rejection that nobody handles where another was refused before.
 */
function unknownCodec(name: string) {
  return {
    fromConfig(): never {
      throw new Error(`a chunk is compressed by "${name}", which is not known here`);
    },
  };
}

function chunkBytes({ dataType, shape }: ChunkMetadata): number {
  const bits = Number(/\d+$/.exec(dataType)?.[0] ?? 64);
  return (shape.reduce((product, size) => product * size, 1) * Math.max(8, bits)) / 8 + MOST_EXTRA;
}

/** Where each compression says how many bytes it becomes. */
const PROMISED: Readonly<Record<string, (data: Uint8Array) => number>> = {
  /** Header of 16 bytes: nbytes at 4 (https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst). */
  blosc: (data) => uint32(data, 4),
  /** numcodecs puts the size before the block. */
  lz4: (data) => uint32(data, 0),
};

function uint32(data: Uint8Array, at: number): number {
  if (data.length < at + 4) throw new FormatError("truncated chunk");
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at, true);
}

function guardPromise(
  registry: Map<string, () => Promise<unknown>>,
  name: string,
  promised: (data: Uint8Array) => number,
): void {
  const load = registry.get(name);
  if (!load) return;
  registry.set(name, async () => {
    const codec = (await load()) as { fromConfig(config: unknown, meta: ChunkMetadata): Codec };
    return {
      kind: "bytes_to_bytes",
      fromConfig(config: unknown, meta: ChunkMetadata): Codec {
        const inner = codec.fromConfig(config, meta);
        const most = chunkBytes(meta);
        const decode: Decode = (data) => {
          const size = promised(data);
          if (size > most) throw new FormatError(`a chunk of at most ${most} bytes promises ${size}`);
          return inner.decode(data);
        };
        return { kind: "bytes_to_bytes", encode: (data) => inner.encode(data), decode };
      },
    };
  });
}

/** Deflate as far as the chunk goes, whatever more there is. */
function inflating(format: "gzip" | "zlib"): () => Promise<unknown> {
  return async () => {
    const { gunzipSync, unzlibSync } = await import("fflate");
    const inflate = format === "gzip" ? gunzipSync : unzlibSync;
    return bounded((data, most) => inflate(data, { out: new Uint8Array(most) }));
  };
}

/** Zstandard by fzstd: the library that zarrita brings keeps its state from chunk to chunk, and one that is damaged can leave it in an endless loop. */
async function zstandard(): Promise<unknown> {
  const { decompress } = await import("fzstd");
  return bounded((data, most) => {
    checkZstd(data, most);
    return decompress(data, new Uint8Array(most));
  });
}

/** A codec that gives at most as many bytes as its chunk can have. */
function bounded(decode: (data: Uint8Array, most: number) => Uint8Array) {
  const encode = () => {
    throw new Error("chunks are read only");
  };
  return {
    kind: "bytes_to_bytes",
    fromConfig(_config: unknown, meta: ChunkMetadata): Codec {
      const most = chunkBytes(meta);
      return { kind: "bytes_to_bytes", encode, decode: (data) => decode(data, most) };
    },
  };
}
