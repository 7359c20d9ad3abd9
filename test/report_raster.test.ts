import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import {
  MISSING,
  oklabToRgb,
  PALETTE_TOP,
  paletteColor,
  paletteIndex,
  paletteOf,
  rgbToOklab,
} from "../src/report/colormaps.ts";
import { layOut } from "../src/report/glyphs.ts";
import { base64, encodeIndexed, encodeRgb } from "../src/report/png.ts";
import { RasterSurface } from "../src/report/raster.ts";
import { paint } from "../src/report/resample.ts";

function pixel(surface: RasterSurface, x: number, y: number): number[] {
  return [...surface.rgb.subarray(3 * (y * surface.columns + x), 3 * (y * surface.columns + x) + 3)];
}

/** Summed darkness of a surface in pixels of full black. */
function inkOf(surface: RasterSurface): number {
  return surface.rgb.reduce((sum, v) => sum + (255 - v), 0) / (3 * 255);
}

describe("colour maps", () => {
  it("match the published ends and middles", () => {
    expect(paletteColor(paletteOf("viridis"), 0)).toEqual([0x44, 0x01, 0x54]);
    expect(paletteColor(paletteOf("viridis"), PALETTE_TOP)).toEqual([0xfd, 0xe7, 0x25]);
    // matplotlib.colormaps["viridis"](0.5) = #21918c, ["cividis"](0.5) = #7c7b78
    for (const [name, middle] of [
      ["viridis", [0x21, 0x91, 0x8c]],
      ["cividis", [0x7c, 0x7b, 0x78]],
    ] as const) {
      paletteColor(paletteOf(name), 127).forEach((v, c) => {
        expect(Math.abs(v - middle[c])).toBeLessThanOrEqual(6);
      });
    }
  });

  it("Oklab is that of its definition: white, and there and back", () => {
    const [l, a, b] = rgbToOklab([255, 255, 255]);
    expect(l).toBeCloseTo(1, 4);
    expect(Math.hypot(a, b)).toBeLessThan(1e-4);
    expect(rgbToOklab([255, 0, 0])[0]).toBeCloseTo(0.62796, 4);
    for (const rgb of [
      [12, 200, 99],
      [255, 0, 255],
      [1, 2, 3],
    ] as const) {
      expect(oklabToRgb(rgbToOklab(rgb))).toEqual(rgb);
    }
  });

  it("grow lighter steadily where they are sequential", () => {
    for (const name of ["viridis", "cividis", "gray"] as const) {
      const palette = paletteOf(name);
      for (let i = 8; i <= PALETTE_TOP; i += 8) {
        const [before, after] = [i - 8, i].map((k) => rgbToOklab(paletteColor(palette, k))[0]);
        expect(after).toBeGreaterThan(before);
      }
    }
  });

  it("give both signs the same weight where they diverge, with a gray middle", () => {
    const palette = paletteOf("bluered");
    for (let i = 0; i < PALETTE_TOP / 2; i++) {
      const [low, high] = [i, PALETTE_TOP - i].map((k) => rgbToOklab(paletteColor(palette, k)));
      expect(Math.abs(low[0] - high[0])).toBeLessThan(0.012);
      expect(Math.abs(Math.hypot(low[1], low[2]) - Math.hypot(high[1], high[2]))).toBeLessThan(0.012);
    }
    const [r, g, b] = paletteColor(palette, PALETTE_TOP / 2);
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(1);
  });

  it("index values between limits, saturating, with NaN apart", () => {
    expect(paletteIndex(-1, -1, 3)).toBe(0);
    expect(paletteIndex(3, -1, 3)).toBe(PALETTE_TOP);
    expect(paletteIndex(1, -1, 3)).toBe(127);
    expect(paletteIndex(99, -1, 3)).toBe(PALETTE_TOP);
    expect(paletteIndex(Number.NEGATIVE_INFINITY, -1, 3)).toBe(0);
    expect(paletteColor(paletteOf("bluered"), paletteIndex(Number.NaN, -1, 3))).toEqual(MISSING);
  });
});

describe("PNG", () => {
  const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31 + 7 * i) & 255);

  it.each([
    [1, 1],
    [7, 3],
    [64, 41],
  ])("round-trips %d × %d through another decoder", async (width, height) => {
    const rgb = noise(3 * width * height);
    const decoded = PNG.sync.read(Buffer.from(await encodeRgb(width, height, rgb)));
    expect([decoded.width, decoded.height]).toEqual([width, height]);
    expect(decoded.data.filter((_, i) => i % 4 !== 3)).toEqual(Buffer.from(rgb));

    const index = noise(width * height);
    const palette = paletteOf("viridis");
    const indexed = PNG.sync.read(Buffer.from(encodeIndexed({ width, height, index, palette })));
    const expected = [...index].flatMap((k) => [...paletteColor(palette, k), 255]);
    expect([...indexed.data]).toEqual(expected);
  });

  it("base64 agrees with Node's", () => {
    for (const length of [0, 1, 2, 3, 0x6000, 0x6001, 100_000]) {
      expect(base64(noise(length))).toBe(Buffer.from(noise(length)).toString("base64"));
    }
  });
});

describe("canvas", () => {
  it("paints a known value in its colour, and NaN gray", () => {
    const surface = new RasterSurface(20, 10, 2);
    const data = Float32Array.of(0, 1, Number.NaN, 0.5);
    const image = paint({ rows: 2, cols: 2, data }, "viridis", [0, 1]);
    surface.image({ x: 0, y: 0, width: 20, height: 10 }, image, false);
    expect(pixel(surface, 5, 5)).toEqual([0x44, 0x01, 0x54]);
    expect(pixel(surface, 35, 5)).toEqual([0xfd, 0xe7, 0x25]);
    expect(pixel(surface, 5, 15)).toEqual([...MISSING]);
    expect(pixel(surface, 35, 15)).toEqual([...paletteColor(paletteOf("viridis"), 127)]);
  });

  it("interpolates between pixel centres where it is smooth", () => {
    const surface = new RasterSurface(40, 10, 1);
    const image = paint({ rows: 1, cols: 2, data: Float32Array.of(0, 1) }, "gray", [0, 1]);
    surface.image({ x: 0, y: 0, width: 40, height: 10 }, image, true);
    const row = Array.from({ length: 40 }, (_, x) => pixel(surface, x, 5)[0]);
    expect(row.slice(0, 10)).toEqual(new Array(10).fill(0));
    expect(row.slice(30)).toEqual(new Array(10).fill(255));
    for (let x = 11; x < 29; x++) expect(Math.abs(row[x] - 255 * ((x + 0.5) / 20 - 0.5))).toBeLessThan(1.5);
  });

  it("covers a disc's and a line's area", () => {
    const disc = new RasterSurface(60, 60, 2);
    disc.dots([30.2, 29.7], 9, "#000000");
    expect(inkOf(disc)).toBeCloseTo(Math.PI * 18 ** 2, -1);
    const line = new RasterSurface(60, 60, 2);
    line.segments([10, 12, 41, 47], { stroke: "#000000", width: 3 });
    const [length, width] = [2 * Math.hypot(31, 35), 6];
    expect(Math.abs(inkOf(line) / (length * width + Math.PI * 9) - 1)).toBeLessThan(0.01);
  });

  it("paints a path's joints once", () => {
    const surface = new RasterSurface(40, 40, 1);
    surface.polyline([5, 20, 20, 20, 35, 20], { stroke: "#000000", width: 6, opacity: 0.5 });
    expect(pixel(surface, 20, 20)).toEqual(pixel(surface, 12, 20));
  });

  it("fills fractions of pixels, and ignores what lies outside", () => {
    const surface = new RasterSurface(10, 10, 1);
    surface.fill({ x: 2.25, y: 3, width: 1.5, height: 2 }, "#000000");
    expect(inkOf(surface)).toBeCloseTo(3, 1);
    surface.fill({ x: -50, y: -50, width: 20, height: 20 }, "#000000");
    surface.dots([500, 500, -9, 4], 3, "#000000");
    surface.segments([Number.NaN, 0, 5, 5], { stroke: "#000000", width: 2 });
    expect(inkOf(surface)).toBeCloseTo(3, 1);
  });
});

describe("text", () => {
  const glyphs = (text: string) => JSON.stringify(layOut(text).strokes);

  it("has its own glyph for every character that figures use", () => {
    const unknown = glyphs("\u{1F600}");
    const used =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;!?'\"-–—−+±×·=<>~()[]/\\|_*#&%°ÅµμβεσωŸ".replace(
        "Ÿ",
        "",
      );
    const shapes = [...used].map(glyphs);
    expect(shapes).not.toContain(unknown);
    const same = shapes.length - new Set(shapes).size;
    expect(same).toBe(1); // the two code points of micro
    for (const c of "₀₉⁰⁹⁻") expect(glyphs(c)).not.toBe(unknown);
  });

  it("takes the size asked for, where it is asked to stand", () => {
    const surface = new RasterSurface(200, 60, 2);
    surface.text(190, 50, "HEI", { size: 30, color: "#000000", anchor: "end" });
    const inked = [...surface.rgb.keys()].filter((i) => i % 3 === 0 && surface.rgb[i] < 128).map((i) => i / 3);
    const rows = inked.map((i) => Math.floor(i / surface.columns));
    const columns = inked.map((i) => i % surface.columns);
    const [top, bottom] = [rows.reduce((a, b) => Math.min(a, b)), rows.reduce((a, b) => Math.max(a, b))];
    const right = columns.reduce((a, b) => Math.max(a, b));
    expect(Math.abs(bottom - 100)).toBeLessThan(4);
    expect(Math.abs(bottom - top - 0.72 * 60)).toBeLessThan(8);
    expect(Math.abs(right - 380)).toBeLessThan(4);
  });
});
