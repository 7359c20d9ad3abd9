import { describe, expect, it } from "vitest";
import { ConfigError } from "../src/errors.ts";
import { settleOptions } from "../src/fit/options.ts";
import { orientationConfig, planOrientation } from "../src/fit/orientation.ts";
import { foldAngle, folded, rotationalSymmetry } from "../src/results/symmetry.ts";

/** Gaussian peaks about the place where a motif's centre is in its picture, at angle + 360°·k/n for each ring. */
function rings(order: number, axis: readonly [number, number] = [0, 0]) {
  const [rows, cols] = [45, 45];
  const data = new Float32Array(rows * cols);
  const add = (r0: number, c0: number, height: number) => {
    for (let p = 0; p < data.length; p++) {
      data[p] += height * Math.exp(-((Math.floor(p / cols) - r0) ** 2 + ((p % cols) - c0) ** 2) / 8);
    }
  };
  const [row, col] = [rows / 2 + axis[0], cols / 2 + axis[1]];
  add(row, col, 1);
  for (let k = 0; k < order; k++) {
    const angle = 0.3 + (2 * Math.PI * k) / order;
    add(row + 8 * Math.cos(angle), col + 8 * Math.sin(angle), 0.6);
    // A second ring, skew to the first: no mirror, no higher order.
    add(row + 12 * Math.cos(angle + 0.4), col + 12 * Math.sin(angle + 0.4), 0.5);
  }
  return { rows, cols, data };
}

describe("the symmetry of a motif", () => {
  it.each([6, 4, 3, 2, 1])("of order %i is found, with its axis off the centre too", (order) => {
    expect(rotationalSymmetry(rings(order), 16)).toBe(order);
    expect(rotationalSymmetry(rings(order, [0.6, -0.4]), 16)).toBe(order);
  });

  it("folds angles into ±180°/n and leaves them equal modulo 360°/n", () => {
    for (const order of [1, 2, 3, 4, 6]) {
      for (let angle = -400; angle < 400; angle += 7.3) {
        const value = foldAngle(angle, order);
        expect(value).toBeGreaterThanOrEqual(-180 / order);
        expect(value).toBeLessThan(180 / order);
        const turns = ((angle - value) * order) / 360;
        expect(Math.abs(turns - Math.round(turns))).toBeLessThan(1e-12);
      }
    }
    const none = { scale: Float64Array.of(1) };
    expect(folded(none, 6)).toBe(none);
    expect(Array.from(folded({ angle: Float64Array.of(50, -31) }, 6).angle)).toEqual([-10, 29]);
  });
});

describe("the search for angles and scales", () => {
  it("is off by default: no field of the core's configuration is set", () => {
    expect(orientationConfig(planOrientation(settleOptions({}), 32))).toEqual({});
    expect(orientationConfig(planOrientation(settleOptions({ rotation: false, scale: false }), 32))).toEqual({});
  });

  it("takes steps that move the window's edge by 2 px, and no angle of a full circle twice", () => {
    const { rotation, scale } = planOrientation(settleOptions({ rotation: true, scale: true }), 32);
    expect(rotation?.range).toBe(180);
    expect(rotation?.step).toBeCloseTo((2 / 16) * (180 / Math.PI), 9);
    expect(scale).toEqual({ range: 0.15, step: 2 / 16 });
    const { ANGLES = 0, ANGLE_STEP = 0, SCALES = 0, SCALE_STEP = 0 } = orientationConfig({ rotation, scale });
    expect(ANGLES * ANGLE_STEP).toBeCloseTo(2 * Math.PI, 12);
    expect(SCALES % 2).toBe(1);
    expect(((SCALES - 1) / 2) * SCALE_STEP).toBeCloseTo(Math.log(1.15), 12);
  });

  it("keeps to the range given, in no larger steps than asked", () => {
    const { ANGLES = 0, ANGLE_STEP = 0 } = orientationConfig({ rotation: { range: 30, step: 7 } });
    expect(ANGLES).toBe(9);
    expect(ANGLES * ANGLE_STEP).toBeCloseTo(Math.PI / 3, 12);
  });

  it.each([
    [{ rotation: { range: 0 } }, /^rotation: expected a range above 0 and at most 180 \(degrees\), got 0$/],
    [{ rotation: { range: 200 } }, /^rotation: .*got 200$/],
    [{ rotation: { range: Number.NaN } }, /^rotation: .*got NaN$/],
    [{ rotation: { range: 5, step: 9 } }, /^rotation: expected a step from 0.5 to 5 \(degrees\), got 9$/],
    [{ scale: { range: 2 } }, /^scale: expected a range above 0 and at most 1 \(as a share\), got 2$/],
  ])("refuses %o", (options, message) => {
    expect(() => settleOptions(options)).toThrow(ConfigError);
    expect(() => settleOptions(options)).toThrow(message);
  });

  it("takes one template with rotation, unless told otherwise", () => {
    expect(settleOptions({}).templates).toBe(4);
    expect(settleOptions({ rotation: true }).templates).toBe(1);
    expect(settleOptions({ rotation: true, templates: 3 }).templates).toBe(3);
  });
});
