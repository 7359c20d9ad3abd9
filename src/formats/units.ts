import { type Axis, pixelAxis, scaledAxis } from "../data/dataset.ts";

/** Nanometres in one unit of length, by the spellings that instruments write. */
const NANOMETRES: Readonly<Record<string, number>> = {
  m: 1e9,
  meter: 1e9,
  meters: 1e9,
  metre: 1e9,
  metres: 1e9,
  cm: 1e7,
  mm: 1e6,
  µm: 1e3,
  um: 1e3,
  micron: 1e3,
  microns: 1e3,
  micrometer: 1e3,
  nm: 1,
  nanometer: 1,
  nanometers: 1,
  Å: 0.1,
  A: 0.1,
  Ang: 0.1,
  ang: 0.1,
  angstrom: 0.1,
  angstroms: 0.1,
  Angstrom: 0.1,
  pm: 1e-3,
};

/** Spellings of "no unit". */
const NO_UNIT = new Set(["", "px", "pixel", "pixels", "channel", "channels", "none", "None", "<undefined>", "unknown"]);

/** One spelling for each sign: Greek mu to the micro sign, the Angstrom sign to Å, no brackets, underscores or padding. */
function tidy(unit: string): string {
  const plain = unit
    .replaceAll("\0", "")
    .trim()
    .replaceAll("\u03bc", "µ")
    .replaceAll("\u212b", "Å")
    .replace(/A\u030a/g, "Å");
  const bracketed = /^\[(.*)\]$/.exec(plain);
  // Berkeley EMD writes "[n_m]", "[u_m]": prefix, underscore, unit.
  return (bracketed ? bracketed[1] : plain).replaceAll("_", "");
}

/** A unit as (unit, factor): a value in the file times `factor` is a value in `unit`. Lengths become nm, inverse lengths 1/nm. */
export function normaliseUnit(fileUnit: string): { readonly unit: string; readonly factor: number } {
  const unit = tidy(fileUnit);
  if (NO_UNIT.has(unit)) return { unit: "px", factor: 1 };
  if (Object.hasOwn(NANOMETRES, unit)) return { unit: "nm", factor: NANOMETRES[unit] };
  const inverse = /^(?:1\/|1 \/ )(.+)$|^(.+?)\^?-1$/.exec(unit);
  const length = inverse ? (inverse[1] ?? inverse[2]) : "";
  if (Object.hasOwn(NANOMETRES, length)) return { unit: "1/nm", factor: 1 / NANOMETRES[length] };
  return { unit, factor: 1 };
}

/** An axis as a file gives it, with lengths in nm; without a unit or a usable scale it counts pixels. */
export function fileAxis(name: string, size: number, scale: number, fileUnit: string, offset = 0): Axis {
  const { unit, factor } = normaliseUnit(fileUnit);
  if (unit === "px" || !Number.isFinite(scale) || scale === 0) return pixelAxis(name, size);
  return scaledAxis(name, size, scale * factor, unit, Number.isFinite(offset) ? offset * factor : 0);
}

/** Whether an axis measures energy: what tells spectra from images. */
export function isEnergyUnit(fileUnit: string): boolean {
  return /^[kmM]?eV$/.test(tidy(fileUnit));
}
