/** Bytes in either order, one after the other. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #littleEndian: boolean;
  length = 0;

  constructor(littleEndian = true) {
    this.#littleEndian = littleEndian;
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    this.length += part.length;
    return this;
  }

  /** Latin-1 text, padded with NUL to `size` where one is given. */
  text(text: string, size = text.length): this {
    const part = new Uint8Array(size);
    for (let i = 0; i < Math.min(size, text.length); i++) part[i] = text.charCodeAt(i);
    return this.bytes(part);
  }

  zeros(count: number): this {
    return this.bytes(new Uint8Array(count));
  }

  #number(size: number, put: (view: DataView) => void): this {
    const view = new DataView(new ArrayBuffer(size));
    put(view);
    return this.bytes(new Uint8Array(view.buffer));
  }

  u8(...values: number[]): this {
    return this.bytes(Uint8Array.from(values));
  }
  i16(...values: number[]): this {
    for (const v of values) this.#number(2, (view) => view.setInt16(0, v, this.#littleEndian));
    return this;
  }
  i32(...values: number[]): this {
    for (const v of values) this.#number(4, (view) => view.setInt32(0, v, this.#littleEndian));
    return this;
  }
  f32(...values: number[]): this {
    for (const v of values) this.#number(4, (view) => view.setFloat32(0, v, this.#littleEndian));
    return this;
  }
  f64(...values: number[]): this {
    for (const v of values) this.#number(8, (view) => view.setFloat64(0, v, this.#littleEndian));
    return this;
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
}
