/** An ONNX model of one product c (m, n) = a (m, k) · b (k, n), as bytes: the few protocol-buffer messages that takes. */

const FLOAT = 1;

function varint(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const number = (field, value) => [...varint(field * 8), ...varint(value)];
const message = (field, bytes) => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
const text = (field, value) => message(field, [...Buffer.from(value)]);

/** ValueInfoProto: name, and a tensor type with its element type and shape. */
function value(name, shape) {
  const dimensions = shape.flatMap((size) => message(1, number(1, size)));
  return [...text(1, name), ...message(2, message(1, [...number(1, FLOAT), ...message(2, dimensions)]))];
}

/** ModelProto: IR version 8, operator set 13, and a graph of one node. */
export function onnxMatmul(m, n, k) {
  const node = [...text(1, "a"), ...text(1, "b"), ...text(2, "c"), ...text(4, "MatMul")];
  const graph = [
    ...[...message(1, node), ...text(2, "product")],
    ...[...message(11, value("a", [m, k])), ...message(11, value("b", [k, n])), ...message(12, value("c", [m, n]))],
  ];
  return Uint8Array.from([...number(1, 8), ...message(8, number(2, 13)), ...message(7, graph)]);
}
