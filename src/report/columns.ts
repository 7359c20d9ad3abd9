import type { Windows } from "../results/types.ts";
import { columnOf } from "./fields.ts";
import { latentName } from "./scales.ts";

/** One value a point, rounded to what is worth reading; null where there is none. */
export interface Column {
  readonly name: string;
  readonly values: readonly (number | string | null)[];
}

function rounded(name: string, values: ArrayLike<number>, round: (value: number) => number): Column {
  return { name, values: Array.from(values, (v) => (Number.isFinite(v) ? round(v) : null)) };
}

/** Rounded to decimal places. */
export function column(name: string, values: ArrayLike<number>, places: number): Column {
  return rounded(name, values, (v) => Number(v.toFixed(places)));
}

/** Rounded to four digits, of what has any size. */
export function digits(name: string, values: ArrayLike<number>): Column {
  return rounded(name, values, (v) => Number(v.toPrecision(4)));
}

export function latentColumns({ z, latentDim }: Pick<Windows, "z" | "latentDim">): Column[] {
  return Array.from({ length: latentDim }, (_, l) => column(latentName(l), columnOf(z, latentDim, l), 3));
}

export function turnColumns({ angle, scale }: Pick<Windows, "angle" | "scale">): Column[] {
  return [...(angle ? [column("angle (°)", angle, 2)] : []), ...(scale ? [column("scale", scale, 4)] : [])];
}

/** A column as numbers; null for words. */
export function numbers({ values }: Column): (number | null)[] {
  return values.map((v) => (typeof v === "number" ? v : null));
}
