import { type Axis, pixelAxis, scaledAxis } from "../data/dataset.ts";
import { normaliseUnit } from "./units.ts";

/** Units that scanning-probe software spells out, and "~", which Nanoscope writes for µ. */
const SPELLED_OUT: Readonly<Record<string, string>> = {
  Meter: "m",
  Ampere: "A",
  Volt: "V",
  Hertz: "Hz",
  Newton: "N",
  Degree: "deg",
  Second: "s",
  "~m": "µm",
  Ang: "Å",
};

export interface UnitConversion {
  readonly unit: string;
  /** A value in the file times this is a value in `unit`. */
  readonly factor: number;
}

/** The unit of a measured value: lengths become nm, everything else stays as the file has it ("A" is the ampere). */
export function valueUnit(fileUnit: string): UnitConversion {
  const text = fileUnit.trim();
  const unit = Object.hasOwn(SPELLED_OUT, text) ? SPELLED_OUT[text] : text;
  if (unit === "A") return { unit, factor: 1 };
  const { unit: known, factor } = normaliseUnit(unit);
  return known === "nm" ? { unit: "nm", factor } : { unit, factor: 1 };
}

/** Nanometres in one `fileUnit`; undefined where that is no length. */
export function nanometresIn(fileUnit: string): number | undefined {
  const { unit, factor } = valueUnit(fileUnit);
  return unit === "nm" ? factor : undefined;
}

/** What a value without a name is called, by its unit. */
export function quantityOf(fileUnit: string): string {
  if (nanometresIn(fileUnit) !== undefined) return "height";
  const kind = /^[fpnµum]?(A|V|Hz)$/.exec(valueUnit(fileUnit).unit)?.[1];
  return { A: "current", V: "voltage", Hz: "frequency" }[kind ?? ""] ?? "value";
}

/** "12.5 nm" or "12,5nm" as its number and its unit; undefined where it starts with no number. */
export function parseMeasure(text: string): { readonly value: number; readonly unit: string } | undefined {
  const match = /^\s*([-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$/s.exec(text);
  return match ? { value: Number(match[1].replace(",", ".")), unit: match[2] } : undefined;
}

/** "Current (A)" as its name and unit: the last pair of brackets, wherever a tag such as "[bwd]" stands. */
export function splitTitle(title: string): { readonly name: string; readonly unit: string } {
  const match = /^(.*)\(([^()]*)\)(.*)$/.exec(title);
  if (!match) return { name: title.trim(), unit: "" };
  return { name: `${match[1].trim()} ${match[3].trim()}`.trim(), unit: match[2].trim() };
}

/** The axis of a swept quantity from its coordinates; uneven steps are said in the metadata and replaced by their mean. */
export function sweepAxis(
  signal: string,
  coordinates: Float64Array,
  fileUnit: string,
): { readonly axis: Axis; readonly metadata: Readonly<Record<string, string>> } {
  const { unit, factor } = valueUnit(fileUnit);
  const size = coordinates.length;
  const [first, last] = [coordinates[0], coordinates[size - 1]];
  const step = (last - first) / Math.max(1, size - 1);
  const name: Record<string, string> = { "swept signal": signal };
  if (!Number.isFinite(step) || step === 0 || !unit) return { axis: pixelAxis("energy", size), metadata: name };
  // Files give about six digits, so that even steps differ a little.
  const even = coordinates.every((x, i) => Math.abs(x - first - i * step) < 0.01 * Math.abs(step) + 1e-5 * Math.abs(x));
  if (!even) name.axis = "uneven steps, shown by their mean";
  return { axis: scaledAxis("energy", size, step * factor, unit, first * factor), metadata: name };
}
