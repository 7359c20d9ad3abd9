import { crop_scratch } from "../kernels/crop";
import { padded } from "../kernels/matmul";
import { shift_table_size } from "../kernels/shift_costs";
import { spline_scratch } from "../kernels/spline";
import { affine_tile } from "./affine";
import { amortised_space, build_amortised, layout_amortised_space } from "./amortised_layout";
import { Config, affine, amortised, encoder_latents, getU32, phased, pose_columns, scales, turns } from "./config";
import { prior_size } from "./contents";
import { layout_correlation } from "./correlation";
import { NETWORK_BYTES, Network, activations_size } from "./layers";
import { build_decoder, build_encoder, canvas_cols, canvas_rows } from "./networks";
import { coarse_cols, coarse_rows, coarse_stride, orientations, shift_cols, shift_rows, sums_stride } from "./register";
import { MOST_CONTENTS, Progress, State, SUMS_BYTES, Workspace, bytes, chunk_count, floats, workspace } from "./state";

/*
 * How much memory a model's arrays take and where they lie.
 */

/** Grows the memory so that addresses below `end` exist; false where the engine refuses. */
export function reserve(end: usize): bool {
  const pages = <i32>((end + 65535) >> 16);
  const missing = pages - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0;
}

/**
 * Lays out `state` (at a 64-byte boundary) for its configuration and takes the memory. Sets addresses and nothing else.
 * False where the memory cannot be had.
 */
export function layout(state: State, config: usize): bool {
  if (!reserve(changetype<usize>(state) + offsetof<State>() + 65536)) return false;
  state.end = (changetype<usize>(state) + offsetof<State>() + 63) & ~63;
  const chunk = getU32(config, Config.CHUNK);
  state.config = bytes(state, <usize>Config.COUNT << 3);
  memory.copy(state.config, config, <usize>Config.COUNT << 3);
  state.sync = bytes(state, 64);
  state.progress = bytes(state, <usize>Progress.COUNT << 3);
  state.encoder = changetype<Network>(bytes(state, NETWORK_BYTES));
  state.decoder = changetype<Network>(bytes(state, NETWORK_BYTES));
  if (amortised(config)) state.parameterCount = build_amortised(state, chunk);
  else {
    build_encoder(state.encoder, config, 0, chunk);
    build_decoder(state.decoder, config, state.encoder.parametersEnd, chunk);
    state.parameterCount = state.decoder.parametersEnd;
  }
  state.blockStride = (state.parameterCount + 15) & ~15;
  state.canvasRows = canvas_rows(config);
  state.canvasCols = canvas_cols(config);
  state.canvasSize = state.canvasRows * state.canvasCols;
  state.pixels = getU32(config, Config.WINDOW_ROWS) * getU32(config, Config.WINDOW_COLS);
  state.flat = getU32(config, Config.ROWS) == 1;
  state.parameters = floats(state, state.blockStride);
  state.moment1 = floats(state, state.blockStride);
  state.moment2 = floats(state, state.blockStride);
  state.gradients = floats(state, chunk_count(config) * state.blockStride);
  state.chunkSums = bytes(state, <usize>chunk_count(config) * SUMS_BYTES);
  state.history = floats(state, 4 * getU32(config, Config.STEPS));
  const templates = getU32(config, Config.TEMPLATES);
  state.templateStride = padded(state.canvasSize) + 64;
  state.templates = floats(state, templates * state.templateStride);
  state.predictions = floats(state, templates * state.templateStride);
  state.data = bytes(state, <usize>(getU32(config, Config.FRAMES) * getU32(config, Config.ROWS)) * <usize>getU32(config, Config.COLS) * 4 + 64);
  const windows = getU32(config, Config.WINDOWS);
  state.origins = bytes(state, <usize>windows * 12);
  state.costs = floats(state, windows);
  state.assigned = floats(state, windows);
  // Numerator and denominator of each template.
  state.sumsStride = 2 * templates * state.templateStride;
  state.alignSums = floats(state, chunk_count(config) * state.sumsStride);
  const latents = getU32(config, Config.LATENT_DIM);
  state.resultStride = 2 + 2 + 2 * latents + 4 + 2 * <u32>turns(config) + 2 * <u32>scales(config) + 2 * latents + latents * (latents - 1) / 2;
  if (amortised(config)) state.resultStride = 2 * state.latents;
  state.contents = floats(state, (2 * latents + 1) * MOST_CONTENTS);
  state.results = floats(state, windows * state.resultStride);
  layout_batch(state);
  state.workspaces = state.end;
  if (!reserve(state.end + offsetof<Workspace>())) return false;
  layout_thread(0, state);
  state.workspaceBytes = state.end - state.workspaces;
  const threads = getU32(config, Config.THREADS);
  if (!reserve(state.workspaces + state.workspaceBytes * <usize>threads)) return false;
  for (let t: u32 = 1; t < threads; t++) layout_thread(t, state);
  return true;
}

/** What conditions need of a batch; nothing where there are none. */
function layout_batch(state: State): void {
  const config = state.config;
  const patch = getU32(config, Config.PATCH);
  const batch = patch > 1 ? getU32(config, Config.BATCH) : 0;
  const latents = batch * getU32(config, Config.LATENT_DIM);
  state.batchPose = floats(state, 4 * batch);
  state.batchMean = floats(state, latents);
  state.batchSpread = floats(state, latents);
  state.batchMeanGradient = floats(state, latents);
  state.batchSpreadGradient = floats(state, latents);
  state.batchPlace = bytes(state, <usize>batch << 4);
  state.batchPairs = bytes(state, <usize>(batch * (patch * patch - 1)) << 2);
}

function layout_thread(thread: u32, state: State): void {
  const target = workspace(state, thread);
  if (amortised(state.config)) layout_amortised_space(amortised_space(target), state);
  else layout_workspace(target, state);
}

function layout_workspace(target: Workspace, state: State): void {
  const config = state.config;
  const n = getU32(config, Config.CHUNK), latents = getU32(config, Config.LATENT_DIM), encoded = encoder_latents(config);
  const rows = getU32(config, Config.WINDOW_ROWS), cols = getU32(config, Config.WINDOW_COLS);
  const shiftRows = shift_rows(config), shiftCols = shift_cols(config);
  const coarse = padded(coarse_rows(config) * coarse_cols(config));
  const pixels = padded(state.pixels), columns = pose_columns(config) + latents, scores = sums_stride(config);
  state.end = (changetype<usize>(target) + offsetof<Workspace>() + 63) & ~63;
  target.x = floats(state, n * pixels);
  target.encoderX = floats(state, activations_size(state.encoder, n));
  target.encoderD = floats(state, activations_size(state.encoder, n));
  target.decoderX = floats(state, activations_size(state.decoder, n));
  target.decoderD = floats(state, activations_size(state.decoder, n));
  target.packing = floats(state, max(state.encoder.scratch, state.decoder.scratch) + 64);
  target.windows = floats(state, n);
  target.bands = floats(state, 2 * n);
  target.shift = floats(state, 2 * n);
  target.turn = floats(state, 2 * n);
  target.gain = floats(state, n);
  target.offset = floats(state, n);
  target.noise = floats(state, n * encoded);
  target.kl = floats(state, encoded);
  target.klWeights = floats(state, encoded);
  target.widths = floats(state, encoded);
  target.natural = floats(state, pixels);
  target.rendered = floats(state, pixels);
  target.residual = floats(state, pixels);
  target.derivatives = floats(state, columns * pixels);
  target.tangents = floats(state, n * latents * pixels);
  target.chosen = floats(state, n);
  target.best = bytes(state, <usize>n << 3);
  target.picture = floats(state, state.templateStride);
  const templates = getU32(config, Config.TEMPLATES), copies = templates * orientations(config);
  target.templates = floats(state, copies * coarse_stride(config));
  target.templateSums = floats(state, copies * scores);
  target.templateSquares = floats(state, copies * scores);
  target.upright = floats(state, templates * pixels);
  target.uprightSums = bytes(state, <usize>templates * 16);
  target.distances = floats(state, scores);
  target.costTable = floats(state, shift_table_size(scores));
  target.coarse = floats(state, n * coarse);
  target.packedWindows = floats(state, ((n + 3) & ~3) * coarse);
  target.scores = floats(state, ((n + 3) & ~3) * scores);
  const tile = affine_tile(config), canvas = affine(config) ? state.canvasSize : 0;
  target.tile = floats(state, max(crop_scratch(max<u32>(rows, 4), state.canvasCols), affine(config) ? tile * tile : 0));
  target.grid = floats(state, 2 * canvas);
  target.place = floats(state, 4);
  target.spline = floats(state, spline_scratch(state.canvasRows, state.canvasCols));
  target.sumsScratch = bytes(state, <usize>(shiftCols + coarse_cols(config)) << 4);
  layout_correlation(target, state);
  target.normal = bytes(state, <usize>(columns * columns) << 3);
  target.rhs = bytes(state, <usize>columns << 3);
  target.column = bytes(state, <usize>columns << 3);
  target.shares = floats(state, MOST_CONTENTS);
  target.prior = bytes(state, <usize>prior_size(latents) << 3);
  target.waves = floats(state, phased(config) ? 4 * pixels : 0);
  target.lattice = bytes(state, 22 * 8);
  target.z = floats(state, phased(config) ? n * encoded : 0);
  target.dz = floats(state, phased(config) ? n * encoded : 0);
}
