import { ByteWriter } from "./spm_bytes.ts";

export type MatrixValue = boolean | number | string;

const utf16 = (text: string) => {
  const out = new ByteWriter().i32(text.length);
  for (const char of text) out.i16(char.charCodeAt(0));
  return out.done();
};

function matrixValue(value: MatrixValue): Uint8Array {
  if (typeof value === "boolean")
    return new ByteWriter()
      .text("LOOB")
      .i32(value ? 1 : 0)
      .done();
  if (typeof value === "string") return new ByteWriter().text("GRTS").bytes(utf16(value)).done();
  if (Number.isInteger(value)) return new ByteWriter().text("GNOL").i32(value).done();
  return new ByteWriter().text("BUOD").f64(value).done();
}

const block = (id: string, body: Uint8Array, stamped = true) =>
  new ByteWriter()
    .text(id)
    .i32(body.length)
    .zeros(stamped ? 8 : 0)
    .bytes(body)
    .done();

/** A MATRIX data file with `samples` measured of `planned`. */
export function writeMatrixData(samples: readonly number[], planned = samples.length): Uint8Array {
  const data = new ByteWriter().i32(...samples).done();
  const counts = new ByteWriter().zeros(20).i32(planned, samples.length).zeros(16).done();
  const inner = new ByteWriter()
    .bytes(block("CSED", counts, false))
    .bytes(block("ATAD", data, false))
    .done();
  return new ByteWriter()
    .text("ONTMATRX0101TLKB")
    .i32(inner.length + 4)
    .zeros(12)
    .bytes(inner)
    .done();
}

/** Its parameter file: "Element.Property" → value and unit; the channel's transfer function is linear. */
export function writeMatrixParameters(
  dataName: string,
  channel: readonly [string, string],
  values: Readonly<Record<string, readonly [MatrixValue, string]>>,
): Uint8Array {
  const elements = new Map<string, [string, readonly [MatrixValue, string]][]>();
  for (const [key, value] of Object.entries(values)) {
    const [element, property] = key.split(".");
    elements.set(element, [...(elements.get(element) ?? []), [property, value]]);
  }
  const experiment = new ByteWriter().i32(0, elements.size);
  for (const [element, properties] of elements) {
    experiment.bytes(utf16(element)).i32(properties.length);
    for (const [property, [value, unit]] of properties) {
      experiment.bytes(utf16(property)).bytes(utf16(unit)).i32(0).bytes(matrixValue(value));
    }
  }
  const dictionary = new ByteWriter()
    .i32(0, 0, 0, 1, 0, 3)
    .zeros(8)
    .bytes(utf16(channel[0]))
    .bytes(utf16(channel[1]))
    .i32(0);
  const transfer = new ByteWriter().i32(0, 3).bytes(utf16("TFF_Linear1D")).bytes(utf16(channel[1])).i32(2);
  transfer
    .bytes(utf16("Factor"))
    .bytes(matrixValue(4e9 + 0.5))
    .bytes(utf16("Offset"))
    .bytes(matrixValue(0.5));
  const run = new ByteWriter()
    .i32(0)
    .bytes(block("TCID", dictionary.done(), false))
    .bytes(block("REFX", transfer.done(), false));
  return new ByteWriter()
    .text("ONTMATRX0101")
    .bytes(block("ATEM", utf16("MATRIX")))
    .bytes(block("APEE", experiment.done()))
    .bytes(block("YSCC", run.done()))
    .bytes(block("FERB", new ByteWriter().i32(0).bytes(utf16(dataName)).done()))
    .done();
}
