import type { Json } from "./kind.ts";
import type { Scan } from "./scan.ts";

/** A lattice of the specimen: site (i, j) is at origin + i·a + j·b. Vectors as (row, column), px. */
export interface SiteLattice {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly origin: readonly [number, number];
}

/** A square lattice with its first site at the origin of the image. */
export function squareLattice(constant: number): SiteLattice {
  return { a: [constant, 0], b: [0, constant], origin: [0, 0] };
}

/** A hexagonal lattice, |a| = |b| = `constant`, 120° between them, a at `angle` radians from the rows' axis (downwards). */
export function hexagonalLattice(
  constant: number,
  angle: number,
  origin: readonly [number, number] = [0, 0],
): SiteLattice {
  const vector = (phi: number): [number, number] => [constant * Math.cos(phi), constant * Math.sin(phi)];
  return { a: vector(angle), b: vector(angle + (2 * Math.PI) / 3), origin };
}

/** Position (row, column) of fractional site (i, j). */
export function sitePosition(lattice: SiteLattice, i: number, j: number): [number, number] {
  const { a, b, origin } = lattice;
  return [origin[0] + i * a[0] + j * b[0], origin[1] + i * a[1] + j * b[1]];
}

/** Fractional (i, j) of a position (row, column). */
export function siteCoordinates(lattice: SiteLattice, row: number, col: number): [number, number] {
  const { a, b, origin } = lattice;
  const det = a[0] * b[1] - a[1] * b[0];
  const r = row - origin[0];
  const c = col - origin[1];
  return [(r * b[1] - c * b[0]) / det, (a[0] * c - a[1] * r) / det];
}

/** All sites (i, j) within `margin` px of a field of rows × cols px, ordered by i, then j. */
export function sitesInField(lattice: SiteLattice, rows: number, cols: number, margin: number): [number, number][] {
  const [low, high] = [-margin, margin];
  const corners = [
    [low, low],
    [low, cols - 1 + high],
    [rows - 1 + high, low],
    [rows - 1 + high, cols - 1 + high],
  ].map(([r, c]) => siteCoordinates(lattice, r, c));
  const range = (k: 0 | 1) => [
    Math.floor(Math.min(...corners.map((x) => x[k]))),
    Math.ceil(Math.max(...corners.map((x) => x[k]))),
  ];
  const [[i0, i1], [j0, j1]] = [range(0), range(1)];
  const out: [number, number][] = [];
  for (let i = i0; i <= i1; i++) {
    for (let j = j0; j <= j1; j++) {
      const [r, c] = sitePosition(lattice, i, j);
      if (r >= low && r <= rows - 1 + high && c >= low && c <= cols - 1 + high) out.push([i, j]);
    }
  }
  return out;
}

/** Whether an image position lies on the image. */
export function onImage(scan: Scan, row: number, col: number): boolean {
  return row >= 0 && row <= scan.rows - 1 && col >= 0 && col <= scan.cols - 1;
}

/** The lattice as facts of a truth. */
export function latticeFacts(lattice: SiteLattice): Json {
  return { a: [...lattice.a], b: [...lattice.b], origin: [...lattice.origin], unit: "px" };
}

/** Rows of numbers (n of equal length) as one array with its shape. */
export function table(rows: readonly (readonly number[])[], width: number): { data: Float64Array; shape: number[] } {
  return { data: Float64Array.from(rows.flat()), shape: [rows.length, width] };
}
