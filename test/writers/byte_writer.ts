/** Element types that the writers know. */
export type SampleKind = "uint8" | "int8" | "int16" | "uint16" | "int32" | "uint32" | "float32" | "float64";

/** Bytes, one after the other. Numbers are big endian unless `littleEndian` says otherwise. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    this.length += part.length;
    return this;
  }

  zeros(count: number): this {
    return this.bytes(new Uint8Array(count));
  }

  latin1(text: string): this {
    return this.bytes(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  u16(value: number, littleEndian = false): this {
    return this.#number(2, (view) => view.setUint16(0, value, littleEndian));
  }

  u32(value: number, littleEndian = false): this {
    return this.#number(4, (view) => view.setUint32(0, value, littleEndian));
  }

  u64(value: number, littleEndian = false): this {
    return this.#number(8, (view) => view.setBigUint64(0, BigInt(value), littleEndian));
  }

  i32(value: number, littleEndian = false): this {
    return this.#number(4, (view) => view.setInt32(0, value, littleEndian));
  }

  f32(value: number, littleEndian = false): this {
    return this.#number(4, (view) => view.setFloat32(0, value, littleEndian));
  }

  f64(value: number, littleEndian = false): this {
    return this.#number(8, (view) => view.setFloat64(0, value, littleEndian));
  }

  done(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  #number(size: number, put: (view: DataView) => void): this {
    const view = new DataView(new ArrayBuffer(size));
    put(view);
    return this.bytes(new Uint8Array(view.buffer));
  }
}

const SAMPLE_WRITERS: Readonly<
  Record<SampleKind, readonly [bytes: number, put: (view: DataView, at: number, value: number, le: boolean) => void]>
> = {
  uint8: [1, (view, at, value) => view.setUint8(at, value)],
  int8: [1, (view, at, value) => view.setInt8(at, value)],
  int16: [2, (view, at, value, le) => view.setInt16(at, value, le)],
  uint16: [2, (view, at, value, le) => view.setUint16(at, value, le)],
  int32: [4, (view, at, value, le) => view.setInt32(at, value, le)],
  uint32: [4, (view, at, value, le) => view.setUint32(at, value, le)],
  float32: [4, (view, at, value, le) => view.setFloat32(at, value, le)],
  float64: [8, (view, at, value, le) => view.setFloat64(at, value, le)],
};

/** Values as samples of one kind. */
export function samples(values: readonly number[], kind: SampleKind, littleEndian: boolean): Uint8Array {
  const [size, put] = SAMPLE_WRITERS[kind];
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (const [i, value] of values.entries()) put(view, i * size, value, littleEndian);
  return new Uint8Array(view.buffer);
}
