import { ConfigError } from "../errors.ts";
import { type CubicLattice, cubicFaces, type Face, faceOf } from "./faces.ts";

/** A crystal whose lattice is known. */
export interface Material {
  /** As it was asked for, or as the table has it. */
  readonly name: string;
  /** Its lattices as they are seen along zone axes or on surfaces. */
  readonly faces: readonly Face[];
  /** Where the constants come from. */
  readonly source: string;
}

const WYCKOFF = "R. W. G. Wyckoff, Crystal Structures, vol. 1, 2nd ed., Interscience, New York (1963)";
const GRAPHITE = "P. Trucano, R. Chen, Nature 258, 136 (1975)";
const PEASE = "R. S. Pease, Acta Cryst. 5, 356 (1952)";
const BRONSEMA = "K. D. Bronsema, J. L. de Boer, F. Jellinek, Z. Anorg. Allg. Chem. 540/541, 15 (1986)";
const SCHUTTE = "W. J. Schutte, J. L. de Boer, F. Jellinek, J. Solid State Chem. 70, 207 (1987)";
const CODATA = "E. Tiesinga et al., Rev. Mod. Phys. 93, 025010 (2021): CODATA 2018";
const HAZEN = "R. M. Hazen, Am. Mineral. 61, 266 (1976)";
const WALKER = "D. Walker et al., Am. Mineral. 89, 204 (2004), at 25 °C";
const SUH = "I.-K. Suh, H. Ohta, Y. Waseda, J. Mater. Sci. 23, 757 (1988), at 293 K";
const IOFFE = "Ioffe Institute, NSM archive of semiconductors, at 300 K";
/** Of constants that are in common use, and that no paper or table was at hand to hold them against. */
const COMMON = "the value in common use, without a source that was looked up";

/**
 * Constants at room temperature, nm: of hexagonal layers, and of cubic crystals by their Bravais lattice. They were held against what the
 * Crystallography Open Database and other collections quote from the source named.
 */
const LAYERS: Readonly<Record<string, readonly [a: number, source: string]>> = {
  graphite: [0.2464, GRAPHITE],
  graphene: [0.2464, `${GRAPHITE}, of graphite`],
  hBN: [0.2504, PEASE],
  MoS2: [0.316, BRONSEMA],
  MoSe2: [0.3289, COMMON],
  WS2: [0.31532, SCHUTTE],
  WSe2: [0.3282, SCHUTTE],
  NbS2: [0.3324, COMMON],
};

const CUBIC: Readonly<Record<string, readonly [lattice: CubicLattice, a: number, source: string]>> = {
  SrTiO3: ["P", 0.3905, COMMON],
  DyScO3: ["P", 0.3947, `${COMMON}, of the pseudo-cubic cell`],
  MgO: ["F", 0.4211, HAZEN],
  NaCl: ["F", 0.56401, WALKER],
  Si: ["F", 0.5431020511, CODATA],
  Ge: ["F", 0.565735, WYCKOFF],
  GaAs: ["F", 0.56533, IOFFE],
  diamond: ["F", 0.356679, WYCKOFF],
  Ag: ["F", 0.4086, SUH],
  Al: ["F", 0.404958, WYCKOFF],
  Au: ["F", 0.407825, WYCKOFF],
  Cu: ["F", 0.361496, WYCKOFF],
  Ni: ["F", 0.352387, WYCKOFF],
  Pt: ["F", 0.39231, WYCKOFF],
  Fe: ["I", 0.28665, WYCKOFF],
  W: ["I", 0.316469, WYCKOFF],
};

export const materialNames: readonly string[] = [...Object.keys(LAYERS), ...Object.keys(CUBIC)];

function builtIn(name: string): Material | undefined {
  const wanted = materialNames.find((known) => known.toLowerCase() === name.toLowerCase());
  if (!wanted) return undefined;
  if (LAYERS[wanted]) {
    const [a, source] = LAYERS[wanted];
    return { name: wanted, faces: [faceOf("layer", a, a, 120)], source };
  }
  const [lattice, a, source] = CUBIC[wanted];
  return { name: wanted, faces: cubicFaces(lattice, a), source };
}

const EXPECTED = `expected a=NM (also b=NM, gamma=DEGREES), or one of ${materialNames.join(", ")}, with [110] or (111) after it to hold it to one face`;

/** "a=0.3905", "a=0.246,gamma=120", "a=0.57,b=0.79". A lone `a` is square or hexagonal, whichever is nearer. */
function byConstants(text: string): Material {
  const given = new Map<string, number>();
  for (const part of text.split(",")) {
    const [, key, number] = /^\s*(a|b|gamma)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    const value = Number(number);
    const most = key === "gamma" ? 180 : 1000;
    if (!key || given.has(key) || !(value > 0 && value < most))
      throw new ConfigError(`--material: ${EXPECTED}; got "${text}"`);
    given.set(key, value);
  }
  const a = given.get("a");
  if (a === undefined) throw new ConfigError(`--material: ${EXPECTED}; got "${text}"`);
  const [b, gamma] = [given.get("b"), given.get("gamma")];
  const source = "given";
  if (b !== undefined || gamma !== undefined)
    return { name: text, faces: [faceOf("cell", a, b ?? a, gamma ?? 90)], source };
  return { name: text, faces: [faceOf("square", a, a, 90), faceOf("hexagonal", a, a, 120)], source };
}

/**
 * A material by its name or by its constants.
 * @throws ConfigError for a name that is not known, a face that it has not, or constants that are none
 */
export function materialOf(text: string): Material {
  if (text.includes("=")) return byConstants(text);
  const [, name, face] = /^\s*(\w+?)\s*([[(]\d{3}[\])])?\s*$/.exec(text) ?? [];
  const material = name ? builtIn(name) : undefined;
  if (!material) throw new ConfigError(`--material: ${EXPECTED}; got "${text}"`);
  if (!face) return material;
  const faces = material.faces.filter((known) => known.name === face);
  if (faces.length > 0) return { ...material, faces };
  const known = material.faces.map((one) => one.name).join(", ");
  throw new ConfigError(`--material: ${material.name}: expected one of its faces ${known}, got "${face}"`);
}
