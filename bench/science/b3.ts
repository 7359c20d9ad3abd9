/**
 * What the measures of B3 say without any fit: of the window's mean and standard deviation, in the raw and in the flat
 * image, and of the truth itself. A fit has to be judged against the first on its own image, and cannot pass the last.
 */
import { fileURLToPath } from "node:url";
import { checkerboard, knnR2 } from "../../src/results/measures.ts";
import { benchArray } from "./bench_data.ts";
import { DOMAINS_LATTICE, domainsTruth, scoreDomains } from "./domains.ts";

const SIDE = 512;
const WINDOW = 32;

/** (n, 2) mean and standard deviation of the windows with the given top-left pixels (n, 2). */
export function windowMoments(image: Float32Array, topLeft: ArrayLike<number>): Float64Array {
  const out = new Float64Array(topLeft.length);
  for (let n = 0; n < topLeft.length; n += 2) {
    let [sum, squares] = [0, 0];
    for (let r = 0; r < WINDOW; r++) {
      const from = (topLeft[n] + r) * SIDE + topLeft[n + 1];
      for (let c = from; c < from + WINDOW; c++) {
        sum += image[c];
        squares += image[c] ** 2;
      }
    }
    out[n] = sum / WINDOW ** 2;
    out[n + 1] = Math.sqrt(Math.max(0, squares / WINDOW ** 2 - out[n] ** 2));
  }
  return out;
}

/** R² (x, y) of the polarization given the window's mean and standard deviation. */
export async function momentsR2(imageName: "domains_image" | "domains_flat_image"): Promise<Float64Array> {
  const topLeft = await benchArray("domains_window_topleft");
  const polarization = { data: await benchArray("domains_window_polarization"), width: 2 };
  const moments = { data: windowMoments(await benchArray(imageName), topLeft), width: 2 };
  const centre = topLeft.map((value) => value + (WINDOW - 1) / 2);
  return knnR2(moments, polarization, checkerboard(centre));
}

/** The score of a fit that knows everything: the truth as shifts and latents. */
export async function perfectScore() {
  const truth = await domainsTruth();
  const { centre } = truth;
  const shift = new Float64Array(centre.length);
  const z = new Float64Array(centre.length);
  for (let i = 0; i < centre.length; i += 2) {
    const phase = truth.phase(centre[i], centre[i + 1]);
    for (const k of [0, 1]) shift[i + k] = -DOMAINS_LATTICE * (phase[k] - Math.round(phase[k]));
    z.set(truth.polarization(centre[i], centre[i + 1]), i);
  }
  return scoreDomains({ centre, shift, z, zSd: new Float64Array(z.length), latentDim: 2 }, truth);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log("raw image, mean and sd of the window:", [...(await momentsR2("domains_image"))]);
  console.log("flat image, mean and sd of the window:", [...(await momentsR2("domains_flat_image"))]);
  console.log("the truth itself:", await perfectScore());
}
