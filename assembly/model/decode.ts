import { link } from "../kernels/link";
import { spline_forward } from "../kernels/spline";
import { padded } from "../kernels/matmul";
import { Config, getU32 } from "./config";
import { output_address } from "./layers";
import { canvases } from "./pose";
import { State, workspace } from "./state";
import { decode_windows, latent } from "./step";

/** Pictures of the motifs at z (count, L), count up to CHUNK, from the canvas's second row and column on. Gives their address. */
export function decode(state: State, z: usize, count: u32): usize {
  const config = state.config;
  const space = workspace(state, 0);
  const latents = getU32(config, Config.LATENT_DIM);
  for (let i: u32 = 0; i < count; i++) memory.copy(latent(state, space, i), z + (<usize>(i * latents) << 2), <usize>latents << 2);
  decode_windows(state, space, count);
  const rows: u32 = state.flat ? 1 : state.canvasRows - 3, cols = state.canvasCols - 3;
  // Nothing else uses the room of the canvases' gradients meanwhile.
  const pictures = output_address(state.decoder, space.decoderD, getU32(config, Config.CHUNK));
  for (let i: u32 = 0; i < count; i++) {
    const canvas = canvases(state, space) + (<usize>(i * padded(state.canvasSize)) << 2);
    const picture = pictures + (<usize>(i * rows * cols) << 2);
    spline_forward(picture, canvas, state.canvasCols, 1, 1, rows, cols, state.flat, space.spline);
    link(picture, picture, rows * cols, getU32(config, Config.LIKELIHOOD));
  }
  return pictures;
}
