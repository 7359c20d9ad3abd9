/**
 * `npm run docs:pictures`: the pictures of README and tutorial, from a fit of the bundled sample as the tutorial makes it. They are the
 * figures that `fit` writes, at half their size and in few colours, so that the repository stays small.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { encodeIndexed } from "../dist/report/png.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Picture in docs/ → figure in the folder of the fit, and how many colours it needs. */
const PICTURES = {
  demo: ["maps", 128],
  "tutorial-motifs": ["figures/motifs", 64],
  "tutorial-template": ["template", 64],
  "tutorial-manifold": ["manifold", 32],
  "tutorial-sigma": ["figures/position-sigma", 64],
};

/** Means over blocks of 2 × 2 pixels, RGB. */
function halved({ width, height, data }) {
  const [w, h] = [width >> 1, height >> 1];
  const rgb = new Uint8Array(3 * w * h);
  for (let i = 0; i < rgb.length; i++) {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % w, Math.floor(i / 3 / w)];
    const at = 4 * (2 * y * width + 2 * x) + c;
    rgb[i] = (data[at] + data[at + 4] + data[at + 4 * width] + data[at + 4 * width + 4] + 2) >> 2;
  }
  return { width: w, height: h, rgb };
}

const channel = (color, c) => (color >> (16 - 8 * c)) & 255;

/** Splits boxes of colours at the median of their widest channel until there are enough (P. Heckbert, SIGGRAPH 1982). */
function medianCut(counts, most) {
  const boxOf = (colors) => {
    const spans = [0, 1, 2].map((c) => {
      const values = colors.map((color) => channel(color, c));
      return Math.max(...values) - Math.min(...values);
    });
    const widest = spans.indexOf(Math.max(...spans));
    const weight = colors.reduce((sum, color) => sum + counts.get(color), 0);
    // The square root: rare colours (letters, marks) count too.
    return { colors, widest, rank: spans[widest] * Math.sqrt(weight) };
  };
  const boxes = [boxOf([...counts.keys()])];
  while (boxes.length < most) {
    boxes.sort((a, b) => b.rank - a.rank);
    const { colors, widest, rank } = boxes[0];
    if (rank === 0) break;
    colors.sort((a, b) => channel(a, widest) - channel(b, widest));
    const half = colors.reduce((sum, color) => sum + counts.get(color), 0) / 2;
    let [at, sum] = [0, 0];
    while (at < colors.length - 1 && sum < half) sum += counts.get(colors[at++]);
    boxes.splice(0, 1, boxOf(colors.slice(0, at)), boxOf(colors.slice(at)));
  }
  return boxes.map(({ colors }) => colors);
}

/** An image of palette indices. */
function indexed({ width, height, rgb }, most) {
  const counts = new Map();
  const pixels = Int32Array.from({ length: width * height }, (_, i) => {
    return (rgb[3 * i] << 16) | (rgb[3 * i + 1] << 8) | rgb[3 * i + 2];
  });
  for (const color of pixels) counts.set(color, (counts.get(color) ?? 0) + 1);
  const palette = new Uint8Array(256 * 3);
  const indexOf = new Map();
  medianCut(counts, most).forEach((colors, k) => {
    const total = colors.reduce((sum, color) => sum + counts.get(color), 0);
    for (let c = 0; c < 3; c++) {
      palette[3 * k + c] = Math.round(
        colors.reduce((sum, color) => sum + counts.get(color) * channel(color, c), 0) / total,
      );
    }
    for (const color of colors) indexOf.set(color, k);
  });
  return { width, height, palette, index: Uint8Array.from(pixels, (color) => indexOf.get(color)) };
}

const folder = mkdtempSync(join(tmpdir(), "shift-vae-pictures-"));
try {
  const fit = ["fit", "data/ferroelectric.png", "--pixel-size", "0.025", "--seed", "1", "--out", folder, "--quiet"];
  execFileSync(process.execPath, [join(ROOT, "dist/cli/main.js"), ...fit], { cwd: ROOT, stdio: "inherit" });
  for (const [name, [figure, most]] of Object.entries(PICTURES)) {
    const bytes = encodeIndexed(indexed(halved(PNG.sync.read(readFileSync(join(folder, `${figure}.png`)))), most));
    writeFileSync(join(ROOT, `docs/${name}.png`), bytes);
    process.stdout.write(`docs/${name}.png  ${Math.round(bytes.length / 1000)} kB\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
