/** The two-dimensional lattices that a crystal shows: projected along a zone axis, or of a surface. */

export type Vector2 = readonly [number, number];
export type Vector3 = readonly [number, number, number];

/** A lattice as it may be seen. Vectors in nm, shortest first, reduced. */
export interface Face {
  /** "[001]" seen along a zone axis, "(111)" on a surface, "layer" of a layered crystal. */
  readonly name: string;
  /** First vector, nm. */
  readonly a: Vector2;
  /** Second vector, nm. */
  readonly b: Vector2;
}

/** Shortest basis of the lattice of a and b (Lagrange–Gauss), the angle between them from 60° to 90°. */
export function reducedBasis(a: Vector2, b: Vector2): [Vector2, Vector2] {
  let [u, v] = Math.hypot(...a) <= Math.hypot(...b) ? [a, b] : [b, a];
  for (;;) {
    const m = Math.round((u[0] * v[0] + u[1] * v[1]) / (u[0] ** 2 + u[1] ** 2));
    v = [v[0] - m * u[0], v[1] - m * u[1]];
    if (Math.hypot(...v) >= Math.hypot(...u) * (1 - 1e-9)) break;
    [u, v] = [v, u];
  }
  return u[0] * v[0] + u[1] * v[1] < 0 ? [u, [-v[0], -v[1]]] : [u, v];
}

/** Lattices by two lengths (nm) and the angle between them (degrees). */
export function faceOf(name: string, a: number, b: number, angle: number): Face {
  const turn = (angle * Math.PI) / 180;
  const [u, v] = reducedBasis([a, 0], [b * Math.cos(turn), b * Math.sin(turn)]);
  return { name, a: u, b: v };
}

/** Primitive vectors of the cubic lattices, in units of the cubic constant. */
const PRIMITIVE: Readonly<Record<"P" | "I" | "F", readonly [Vector3, Vector3, Vector3]>> = {
  P: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  I: [
    [-0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0.5, 0.5, -0.5],
  ],
  F: [
    [0, 0.5, 0.5],
    [0.5, 0, 0.5],
    [0.5, 0.5, 0],
  ],
};

export type CubicLattice = keyof typeof PRIMITIVE;

/** Two unit vectors across each axis. */
const ACROSS: readonly { readonly axis: string; readonly x: Vector3; readonly y: Vector3; readonly along: Vector3 }[] =
  [
    { axis: "001", along: [0, 0, 1], x: [1, 0, 0], y: [0, 1, 0] },
    { axis: "110", along: [1, 1, 0], x: [Math.SQRT1_2, -Math.SQRT1_2, 0], y: [0, 0, 1] },
    {
      axis: "111",
      along: [1, 1, 1],
      x: [Math.SQRT1_2, -Math.SQRT1_2, 0],
      y: [1 / Math.sqrt(6), 1 / Math.sqrt(6), -2 / Math.sqrt(6)],
    },
  ];

function dot(u: Vector3, v: Vector3): number {
  return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}

/** All lattice vectors with coefficients up to 3. */
function latticeVectors(basis: readonly Vector3[]): Vector3[] {
  const steps = [-3, -2, -1, 0, 1, 2, 3];
  return steps.flatMap((i) =>
    steps.flatMap((j) =>
      steps.map((k): Vector3 => {
        const at = (d: 0 | 1 | 2) => i * basis[0][d] + j * basis[1][d] + k * basis[2][d];
        return [at(0), at(1), at(2)];
      }),
    ),
  );
}

/** Shortest basis of the lattice that many of its vectors show: the shortest one, and the shortest across it. */
function shortestBasis(vectors: readonly Vector2[]): [Vector2, Vector2] {
  const sorted = vectors.filter((v) => Math.hypot(...v) > 1e-6).sort((u, v) => Math.hypot(...u) - Math.hypot(...v));
  const a = sorted[0];
  const b = sorted.find((v) => Math.abs(a[0] * v[1] - a[1] * v[0]) > 1e-6) ?? a;
  return reducedBasis(a, b);
}

/** What a cubic crystal shows along and on the three simplest directions. @param a cubic lattice constant, nm */
export function cubicFaces(lattice: CubicLattice, a: number): Face[] {
  const vectors = latticeVectors(PRIMITIVE[lattice]);
  return ACROSS.flatMap(({ axis, along, x, y }) => {
    const flat = (list: readonly Vector3[]) => shortestBasis(list.map((v) => [a * dot(v, x), a * dot(v, y)]));
    const [u, v] = flat(vectors);
    const projected = { name: `[${axis}]`, a: u, b: v };
    const [s, t] = flat(vectors.filter((w) => Math.abs(dot(w, along)) < 1e-6));
    return [projected, { name: `(${axis})`, a: s, b: t }];
  });
}
