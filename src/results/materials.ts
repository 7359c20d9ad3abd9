import { ConfigError } from "../errors.ts";
import { type CubicLattice, cubicFaces, type Face, faceOf } from "./faces.ts";

/** A crystal whose lattice is known. */
export interface Material {
  readonly name: string;
  readonly faces: readonly Face[];
  /** Where the constants come from. */
  readonly source: string;
}

const WYCKOFF = "R. W. G. Wyckoff, Crystal Structures, vol. 1, 2nd ed., Interscience, New York (1963)";
const GRAPHITE = "P. Trucano, R. Chen, Nature 258, 136 (1975)";
const BRONSEMA = "K. D. Bronsema, J. L. de Boer, F. Jellinek, Z. Anorg. Allg. Chem. 540/541, 15 (1986)";
const SCHUTTE = "W. J. Schutte, J. L. de Boer, F. Jellinek, J. Solid State Chem. 70, 207 (1987)";
const FISHER = "W. G. Fisher, M. J. Sienko, Inorg. Chem. 19, 39 (1980)";
const CODATA = "E. Tiesinga et al., Rev. Mod. Phys. 93, 025010 (2021): CODATA 2018";
const SCANDATES = "R. P. Liferovich, R. H. Mitchell, J. Solid State Chem. 177, 2188 (2004), pseudo-cubic √(a² + b²)/2";
const TITANATE = "M. Schmidbauer, A. Kwasniewski, J. Schwarzkopf, Acta Cryst. B 68, 8 (2012)";

/** Constants at room temperature, nm: of hexagonal layers, and of cubic crystals by their Bravais lattice. */
const LAYERS: Readonly<Record<string, readonly [a: number, source: string]>> = {
  graphite: [0.2464, GRAPHITE],
  graphene: [0.2464, `${GRAPHITE}, of graphite`],
  hBN: [0.2504, WYCKOFF],
  MoS2: [0.316, BRONSEMA],
  MoSe2: [0.3289, BRONSEMA],
  WS2: [0.3153, SCHUTTE],
  WSe2: [0.3282, SCHUTTE],
  NbS2: [0.3324, FISHER],
};

const CUBIC: Readonly<Record<string, readonly [lattice: CubicLattice, a: number, source: string]>> = {
  SrTiO3: ["P", 0.3905, TITANATE],
  DyScO3: ["P", 0.3947, SCANDATES],
  MgO: ["F", 0.4211, WYCKOFF],
  NaCl: ["F", 0.564, WYCKOFF],
  Si: ["F", 0.54310205, CODATA],
  Ge: ["F", 0.5658, WYCKOFF],
  GaAs: ["F", 0.5653, WYCKOFF],
  diamond: ["F", 0.3567, WYCKOFF],
  Ag: ["F", 0.4086, WYCKOFF],
  Al: ["F", 0.405, WYCKOFF],
  Au: ["F", 0.4079, WYCKOFF],
  Cu: ["F", 0.3615, WYCKOFF],
  Ni: ["F", 0.3524, WYCKOFF],
  Pt: ["F", 0.3924, WYCKOFF],
  Fe: ["I", 0.2866, WYCKOFF],
  W: ["I", 0.3165, WYCKOFF],
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
