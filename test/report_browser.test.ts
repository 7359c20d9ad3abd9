/** Reports in a real browser: what a pointer, a finger and the keys show. Skipped where there is no Chromium. */
import { describe, expect, it } from "vitest";
import { reportHtml } from "../src/report/html.ts";
import { samplesHtml } from "../src/report/samples_html.ts";
import { seriesHtml } from "../src/report/series_html.ts";
import { CHROMIUM, evaluated, renderedDom } from "./browser.ts";
import { sampleReport } from "./report_sample.ts";
import { cutOutsReport, signalsReport, spectralMapReport } from "./report_samples.ts";
import { frame, sample, stackOf } from "./report_series.ts";

/** After an event: what the page shows beside the pointer, and how many pictures mark a point, views of a field and scatter plots apart. */
interface Shown {
  readonly tip: string | null;
  readonly views: number;
  readonly scatters: number;
}

/** In the page: an event at a share of the box of a picture's first view, or a key; and what is shown then. */
const PAGE = `
  const pictures = (kind) => [...document.querySelectorAll(".plot > svg[data-" + kind + "]")];
  const marked = (kind) => pictures(kind).filter((svg) => svg.querySelector("[data-mark][visibility=visible]")).length;
  const shown = () => {
    const tip = document.getElementById("tip");
    return { tip: tip.hidden ? null : tip.textContent, views: marked("views"), scatters: marked("scatter") };
  };
  const boxOf = (svg) => (svg.dataset.views ? JSON.parse(svg.dataset.views).boxes[0] : JSON.parse(svg.dataset.scatter).box);
  const point = (svg, [px, py], type = "pointermove", pointerType = "mouse") => {
    const on = new DOMPoint(px, py).matrixTransform(svg.getScreenCTM());
    svg.dispatchEvent(new PointerEvent(type, { clientX: on.x, clientY: on.y, bubbles: true, pointerType }));
    return shown();
  };
  const inside = (svg, fx, fy) => { const [x, y, w, h] = boxOf(svg); return [x + fx * w, y + fy * h]; };
  const key = (svg, name) => {
    svg.parentElement.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    return shown();
  };
`;

if (!CHROMIUM) console.warn("reports not looked at in a browser: no Chromium (set SHIFT_VAE_CHROMIUM)");

describe.runIf(CHROMIUM)("in a browser", () => {
  it("the page's own script runs under its content policy", async () => {
    const dom = await renderedDom(samplesHtml(spectralMapReport()));
    expect(dom).toContain("data-mark");
  }, 60_000);

  it("a point of a spectral map shows its values in every map and in the scatter plot", async () => {
    const map = spectralMapReport();
    const [on, off] = await evaluated<Shown[]>(
      samplesHtml(map),
      `() => { ${PAGE}
        const svg = pictures("views")[1];
        return [point(svg, inside(svg, 3.5 / 14, 2.5 / 9)), point(svg, inside(svg, 1.2, 0.5))];
      }`,
    );
    const i = 2 * 14 + 3;
    expect(on.tip).toContain("row  2\ncolumn  3\nrow (nm)  1\ncolumn (nm)  3.75\n");
    expect(on.tip).toContain(`z₁  ${Number(map.windows.z[2 * i].toFixed(3))}`.replace("-", "−"));
    expect(on).toMatchObject({ views: 5, scatters: 1 });
    expect(off).toEqual({ tip: null, views: 0, scatters: 0 });
  }, 60_000);

  it("signals show theirs from the plot of shifts, and the keys step along it", async () => {
    const [start, right, away] = await evaluated<Shown[]>(
      samplesHtml(signalsReport()),
      `() => { ${PAGE}
        const svg = pictures("scatter")[0];
        return [key(svg, "ArrowRight"), key(svg, "ArrowRight"), key(svg, "Escape")];
      }`,
    );
    const sampleOf = ({ tip }: Shown) => Number(/^sample {2}(\d+)/.exec(tip ?? "")?.[1]);
    expect(sampleOf(start)).toBeGreaterThan(30);
    expect(sampleOf(right)).toBeGreaterThan(sampleOf(start));
    expect(right).toMatchObject({ views: 0, scatters: 2 });
    expect(away.tip).toBeNull();
  }, 60_000);

  it("cut-outs show theirs from the scatter plot", async () => {
    const { windows } = cutOutsReport();
    const [shown] = await evaluated<Shown[]>(
      samplesHtml(cutOutsReport()),
      `() => { ${PAGE}
        const svg = pictures("scatter")[0];
        const { x, y, box } = JSON.parse(svg.dataset.scatter);
        const at = [${windows.z[20]}, ${windows.z[21]}];
        return [point(svg, [
          box[0] + (at[0] - x[0]) / (x[1] - x[0]) * box[2],
          box[1] + (1 - (at[1] - y[0]) / (y[1] - y[0])) * box[3],
        ])];
      }`,
    );
    expect(shown.tip).toMatch(/^sample {2}10\nshift row \(px\) {2}/);
    expect(shown.tip).toContain("angle (°)  −45");
  }, 60_000);

  it("a motif of a stack is marked in all frames, and a finger's values stay until the next touch", async () => {
    const { image } = sample;
    const stack = {
      ...stackOf([frame(3, 0), frame(4, 1), frame(5, 2)]),
      shown: [0, 2].map((k) => ({ frame: k, image })),
    };
    const { position } = sample.motifs;
    const at = [(position[41] + 0.5) / image.cols, (position[40] + 2 + 0.5) / image.rows];
    const each = await evaluated<Shown[]>(
      seriesHtml(stack),
      `() => { ${PAGE}
        const svg = pictures("views").find((one) => JSON.parse(one.dataset.views).field === 2);
        const touch = point(svg, inside(svg, ${at}), "pointerdown", "touch");
        const lifted = point(svg, inside(svg, ${at}), "pointerleave", "touch");
        return [touch, lifted, point(svg, inside(svg, ${at}), "pointerleave", "mouse")];
      }`,
    );
    const [touch, lifted, left] = each;
    expect(touch.tip).toMatch(/^frame {2}5\nrow \(px\) /);
    // Image, two latents, σ and five maps of strain, of two frames.
    expect(touch).toMatchObject({ views: 18, scatters: 1 });
    expect(lifted).toEqual(touch);
    expect(left.tip).toBeNull();
  }, 60_000);

  it("a motif of one image is marked in its image, its maps and the scatter plot", async () => {
    const report = sampleReport({ rows: 128, cols: 128 });
    const { position } = report.motifs;
    const [shown] = await evaluated<Shown[]>(
      reportHtml(report),
      `() => { ${PAGE}
        const svg = pictures("views")[0];
        return [point(svg, inside(svg, ${(position[21] + 0.5) / 128}, ${(position[20] + 0.5) / 128}))];
      }`,
    );
    expect(shown.tip).toContain(`row (px)  ${Number(position[20].toFixed(2))}\n`);
    expect(shown).toMatchObject({ views: 9, scatters: 1 });
  }, 60_000);
});
