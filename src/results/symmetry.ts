import type { Grid, Turn } from "./types.ts";

/*
 * The rotational symmetry of a motif: an angle is known modulo 360°/n only, for the motif looks the same after a turn by that.
 */

/** Orders that are looked for, the highest first: those of lattices, but a motif that is not turned at all is of order 1. */
const ORDERS = [6, 4, 3, 2] as const;
/** Correlation of the motif with itself turned, from which on it counts as the same. */
const SAME = 0.9;
/** The axis is looked for about the middle this far, in these steps, px. */
const AXIS_REACH = 1;
const AXIS_STEP = 0.5;

/** Bilinear value at a place inside the picture. */
function valueAt({ cols, data }: Grid, row: number, col: number): number {
  const [r, c] = [Math.floor(row), Math.floor(col)];
  const [fr, fc] = [row - r, col - c];
  const at = r * cols + c;
  return (
    (1 - fr) * ((1 - fc) * data[at] + fc * data[at + 1]) + fr * ((1 - fc) * data[at + cols] + fc * data[at + cols + 1])
  );
}

/** Pearson correlation of the picture with itself turned by `angle` radians about an axis, over a disc. */
function selfCorrelation(picture: Grid, axis: readonly [number, number], radius: number, angle: number): number {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let r = -Math.floor(radius); r <= radius; r++) {
    for (let c = -Math.floor(radius); c <= radius; c++) {
      if (r * r + c * c > radius * radius) continue;
      const a = valueAt(picture, axis[0] + r, axis[1] + c);
      const b = valueAt(picture, axis[0] + cosine * r - sine * c, axis[1] + sine * r + cosine * c);
      n++;
      x += a;
      y += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
  }
  return (xy - (x * y) / n) / Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
}

/**
 * Order n of the rotation axis at or near the middle of a picture, 6, 4, 3, 2 or 1.
 * @param radius of the disc that is compared, px; at least 2 px less than the picture reaches
 */
export function rotationalSymmetry(picture: Grid, radius: number): number {
  // A motif's centre is half a pixel after the middle of its picture (sv_decode).
  const middle = [picture.rows / 2, picture.cols / 2] as const;
  const offsets: number[] = [];
  for (let d = -AXIS_REACH; d <= AXIS_REACH; d += AXIS_STEP) offsets.push(d);
  const same = (order: number) =>
    offsets.some((dr) =>
      offsets.some(
        (dc) => selfCorrelation(picture, [middle[0] + dr, middle[1] + dc], radius, (2 * Math.PI) / order) >= SAME,
      ),
    );
  return ORDERS.find(same) ?? 1;
}

/** An angle in degrees folded into [−180/n, 180/n). */
export function foldAngle(angle: number, symmetry: number): number {
  const period = 360 / symmetry;
  return angle - period * Math.floor(angle / period + 0.5);
}

/** The same windows or motifs with their angles, where they have any, modulo the motif's symmetry. */
export function folded<T extends Turn>(turned: T, symmetry: number): T {
  const { angle } = turned;
  return angle ? { ...turned, angle: angle.map((a) => foldAngle(a, symmetry)) } : turned;
}
