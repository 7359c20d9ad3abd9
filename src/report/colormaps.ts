/** Colour-blind-safe, perceptually uniform colour maps as 256-entry palettes, interpolated in Oklab
 * (B. Ottosson, "A perceptual color space for image processing", 2020). */

export type Rgb = readonly [number, number, number];
export type ColormapName = "viridis" | "cividis" | "bluered" | "cyclic" | "gray";

/** 256 colours as RGB bytes: 0…254 from low to high, and 255 for "no value". */
export type Palette = Uint8Array;

/** Highest index of a palette that stands for a value. */
export const PALETTE_TOP = 254;
/** Index of a palette that stands for "no value" (NaN). */
export const PALETTE_MISSING = 255;
/** Colour of "no value": a gray that none of the coloured maps holds. */
export const MISSING: Rgb = [190, 190, 190];

/** Evenly spaced samples of the published maps: viridis (N. Smith, S. van der Walt, matplotlib 1.5, CC0) and cividis
 * (J. R. Nuñez, C. R. Anderton, R. S. Renslow, PLoS ONE 13, e0199239, 2018). */
const VIRIDIS = "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725";
const CIVIDIS = "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838";

type Lab = readonly [number, number, number];

export function hexToRgb(hex: string): Rgb {
  const value = Number.parseInt(hex.replace("#", ""), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function rgbToHex([r, g, b]: Rgb): string {
  return `#${((r << 16) | (g << 8) | b).toString(16).padStart(6, "0")}`;
}

/** sRGB transfer function, IEC 61966-2-1. */
function toLinear(byte: number): number {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function toByte(linear: number): number {
  const c = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, c)));
}

/** sRGB bytes to Oklab (L 0…1, a, b). */
export function rgbToOklab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Oklab to sRGB bytes, clipped to the gamut. */
export function oklabToRgb([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Control points of the diverging map: both arms run through the same lightnesses and chromas, blue below and red above,
 * so that neither sign looks stronger; the hues are the pair that all common colour vision deficiencies tell apart. */
function divergingPoints(): Lab[] {
  const lightness = [0.4, 0.49, 0.585, 0.68, 0.78, 0.88];
  const chroma = [0.11, 0.135, 0.135, 0.11, 0.075, 0.035];
  const arm = (degrees: number): Lab[] => {
    const hue = (degrees * Math.PI) / 180;
    return lightness.map((l, i) => [l, chroma[i] * Math.cos(hue), chroma[i] * Math.sin(hue)]);
  };
  return [...arm(250), [0.955, 0, 0], ...arm(35).reverse()];
}

/** Control points of the map for angles: all hues at one lightness and chroma, ending where it begins. */
function cyclicPoints(): Lab[] {
  return Array.from({ length: 25 }, (_, i) => {
    const hue = (2 * Math.PI * i) / 24;
    return [0.7, 0.11 * Math.cos(hue), 0.11 * Math.sin(hue)];
  });
}

function controlPoints(name: Exclude<ColormapName, "gray">): Lab[] {
  if (name === "bluered") return divergingPoints();
  if (name === "cyclic") return cyclicPoints();
  return (name === "viridis" ? VIRIDIS : CIVIDIS).split(" ").map((hex) => rgbToOklab(hexToRgb(hex)));
}

/** Gray is linear in sRGB bytes, as every viewer of the field shows images; in Oklab its shadows would drown. */
function grayPalette(): Palette {
  const palette = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.round((255 * Math.floor(i / 3)) / PALETTE_TOP));
  palette.set(MISSING, 3 * PALETTE_MISSING);
  return palette;
}

function buildPalette(name: ColormapName): Palette {
  if (name === "gray") return grayPalette();
  const points = controlPoints(name);
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i <= PALETTE_TOP; i++) {
    const at = (i / PALETTE_TOP) * (points.length - 1);
    const k = Math.min(points.length - 2, Math.floor(at));
    const mix = (c: 0 | 1 | 2) => points[k][c] + (at - k) * (points[k + 1][c] - points[k][c]);
    palette.set(oklabToRgb([mix(0), mix(1), mix(2)]), 3 * i);
  }
  palette.set(MISSING, 3 * PALETTE_MISSING);
  return palette;
}

const palettes = new Map<ColormapName, Palette>();

export function paletteOf(name: ColormapName): Palette {
  const known = palettes.get(name);
  if (known) return known;
  const built = buildPalette(name);
  palettes.set(name, built);
  return built;
}

/** Palette index of a value between two limits; values outside saturate, NaN is missing. */
export function paletteIndex(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return PALETTE_MISSING;
  const t = high > low ? (value - low) / (high - low) : 0.5;
  return Math.round(PALETTE_TOP * Math.min(1, Math.max(0, t)));
}

/** Colour of a palette entry. */
export function paletteColor(palette: Palette, index: number): Rgb {
  return [palette[3 * index], palette[3 * index + 1], palette[3 * index + 2]];
}
