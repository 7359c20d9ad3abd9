import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import {
  nanometresIn,
  parseMeasure,
  quantityOf,
  splitTitle,
  sweepAxis,
  valueUnit,
} from "../../src/formats/spm_units.ts";
import { NumberScanner } from "../../src/formats/text_numbers.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function scan(text: string): number[] {
  const scanner = new NumberScanner(bytesOf(text), "test.txt");
  const numbers: number[] = [];
  while (!scanner.atEnd()) numbers.push(scanner.next());
  return numbers;
}

/** A deterministic stream in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("NumberScanner", () => {
  it("agrees with Number over magnitudes, notations and lengths", () => {
    const next = random(5);
    const texts: string[] = [];
    for (let i = 0; i < 4000; i++) {
      const value = (next() - 0.5) * 10 ** Math.floor(next() * 600 - 300);
      const digits = 1 + Math.floor(next() * 18);
      texts.push(i % 3 === 0 ? value.toExponential(digits) : i % 3 === 1 ? value.toPrecision(digits) : String(value));
    }
    const found = scan(texts.join(" \t\r\n"));
    expect(found).toHaveLength(texts.length);
    for (const [i, text] of texts.entries()) {
      expect(Math.abs(found[i] - Number(text)), text).toBeLessThanOrEqual(1e-14 * Math.abs(Number(text)));
    }
  });

  it("is exact where both mantissa and power of ten are", () => {
    const texts = ["1.5579461e-10", "-0.0144766", "123456.789", "2.5E+3", "+7", ".5", "3.", "0", "-0", "1e22"];
    expect(scan(texts.join("\n"))).toEqual(texts.map(Number));
  });

  it("takes a comma between two digits as the decimal mark, and otherwise as a separator", () => {
    expect(scan("1,25\t-3,5e-2")).toEqual([1.25, -0.035]);
    expect(scan("1.5,2.5, 3")).toEqual([1.5, 2.5, 3]);
  });

  it("knows NaN and infinities in the spellings of instruments", () => {
    expect(scan("NaN nan -nan(ind) 1.#QNAN -- Inf -Inf 1.#INF")).toEqual([
      ...new Array<number>(5).fill(Number.NaN),
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("overflows and underflows as Number does", () => {
    expect(scan("1e400 -1e400 1e-400 4e-320 1e99999999")).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
      Number("4e-320"),
      Number.POSITIVE_INFINITY,
    ]);
  });

  it.each(["abc", "1.2.3", "12px", "1e", "1e+", "-", "0x10", "--1"])("refuses %s and says where it stands", (word) => {
    expect(() => scan(`1 2 ${word} 3`)).toThrow(FormatError);
    expect(() => scan(`1 2 ${word} 3`)).toThrow(/test\.txt: expected a number at byte 4/);
  });

  it("says how many numbers are missing", () => {
    const scanner = new NumberScanner(bytesOf("1 2 3"), "test.txt");
    expect(() => scanner.fill(new Float32Array(5))).toThrow(/truncated: 5 numbers expected, found 3/);
  });
});

describe("units", () => {
  it("turns lengths into nm and leaves the ampere alone", () => {
    expect(["m", "µm", "\u03bcm", "~m", "um", "Å", "pm", "Meter"].map(nanometresIn)).toEqual([
      1e9, 1e3, 1e3, 1e3, 1e3, 0.1, 1e-3, 1e9,
    ]);
    expect(["A", "V", "Hz", "", "deg"].map(nanometresIn)).toEqual(new Array(5).fill(undefined));
    expect(valueUnit("A")).toEqual({ unit: "A", factor: 1 });
    expect(valueUnit("Ampere")).toEqual({ unit: "A", factor: 1 });
    expect(["nm", "pA", "V", "Hz", "a.u."].map(quantityOf)).toEqual([
      "height",
      "current",
      "voltage",
      "frequency",
      "value",
    ]);
  });

  it("splits measures and titles", () => {
    expect(parseMeasure(" -2,5e1 nm ")).toEqual({ value: -25, unit: "nm" });
    expect(parseMeasure("nm")).toBeUndefined();
    expect(splitTitle("LI Demod 1 X (A) [bwd]")).toEqual({ name: "LI Demod 1 X [bwd]", unit: "A" });
    expect(splitTitle("Counter")).toEqual({ name: "Counter", unit: "" });
  });

  it("says when a sweep is uneven", () => {
    const even = sweepAxis("Bias", Float64Array.of(0, 0.5, 1), "V");
    expect(even.axis).toEqual({ name: "energy", size: 3, scale: 0.5, offset: 0, unit: "V" });
    expect(even.metadata.axis).toBeUndefined();
    expect(sweepAxis("Bias", Float64Array.of(0, 0.9, 1), "V").metadata.axis).toMatch(/uneven/);
    expect(sweepAxis("Z", Float64Array.of(2e-9, 1e-9), "m").axis).toMatchObject({ scale: -1, offset: 2, unit: "nm" });
  });
});
