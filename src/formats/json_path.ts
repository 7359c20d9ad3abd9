/** A parsed JSON value of unknown shape. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Parses a text; an empty object where it is no JSON. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

/** The value under a path of keys, "Optics.Voltage"; undefined where there is none. */
export function at(json: Json, path: string): Json | undefined {
  let value: Json | undefined = json;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, Json>>)[key];
  }
  return value;
}

export function textAt(json: Json, path: string): string | undefined {
  const value = at(json, path);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A number, or a text that is one. */
export function numberAt(json: Json, path: string): number | undefined {
  const value = at(json, path);
  const number =
    typeof value === "number" ? value : typeof value === "string" && value.trim() ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
