/**
 * One channel out of interleaved ones: gray (1), gray + alpha (2), RGB (3), RGB + alpha (4 and more). Colour becomes luma
 * with the weights of ITU-R BT.601; where the three are equal, as in every gray image saved as RGB, the value is kept
 * exactly. Alpha is left out.
 */
export function luminance(samples: ArrayLike<number>, channels: number): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / channels));
  const colour = channels >= 3;
  for (let i = 0, at = 0; i < out.length; i++, at += channels) {
    const red = samples[at];
    if (!colour) {
      out[i] = red;
      continue;
    }
    const green = samples[at + 1];
    const blue = samples[at + 2];
    out[i] = red === green && green === blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return out;
}
