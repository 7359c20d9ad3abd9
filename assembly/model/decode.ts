import { link } from "../kernels/link";
import { padded } from "../kernels/matmul";
import { Config, getU32 } from "./config";
import { network_forward, output_address } from "./layers";
import { picture_cols, picture_rows } from "./networks";
import { canvases, paint } from "./pose";
import { State, workspace } from "./state";
import { latent } from "./step";

/** Pictures of the motifs at z (count, L), count up to CHUNK. Gives their address. */
export function decode(state: State, z: usize, count: u32): usize {
  const config = state.config;
  const space = workspace(state, 0);
  const latents = getU32(config, Config.LATENT_DIM);
  for (let i: u32 = 0; i < count; i++) memory.copy(latent(state, space, i), z + (<usize>(i * latents) << 2), <usize>latents << 2);
  network_forward(state.decoder, space.decoderX, state.parameters, getU32(config, Config.CHUNK), count, space.packing);
  const pixels = picture_rows(config) * picture_cols(config);
  // Nothing else uses the room of the canvases' gradients meanwhile.
  const pictures = output_address(state.decoder, space.decoderD, getU32(config, Config.CHUNK));
  for (let i: u32 = 0; i < count; i++) {
    const canvas = canvases(state, space) + (<usize>(i * padded(state.canvasSize)) << 2);
    const picture = pictures + (<usize>(i * pixels) << 2);
    paint(state, space, picture, canvas, 0, 0);
    link(picture, picture, pixels, getU32(config, Config.LIKELIHOOD));
  }
  return pictures;
}
