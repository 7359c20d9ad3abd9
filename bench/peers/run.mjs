/**
 * `npm run bench:peers`: pyroVED's training step by PyTorch, pyroVED and ours, one after the other on one thread and on two, where
 * `npm run bench:pyroved` has installed them or Python has torch. Then other people's WebAssembly array libraries and our kernels in one
 * process, one thread each, in turn: a matrix product, and a training step of two dense layers (tanh between, mean square of the output as
 * loss; no update). onnxruntime-web has no gradients: product only. Data stay where each library keeps them; results are forced by what
 * each offers for that.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import * as jax from "@jax-js/jax";
import * as tfWasm from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import * as ort from "onnxruntime-web";
import { benchTorch, withoutTorch } from "../../build/bench/bench/peers/torch.js";
import { benchPyrovedStep } from "../../build/bench/bench/speed/amortised.js";
import { buildControls } from "../../build/bench/bench/speed/control.js";
import { KernelMemory } from "../../build/bench/bench/speed/kernel_memory.js";
import { root, shipped } from "../../build/bench/bench/speed/project.js";
import { describeRun } from "../../build/bench/bench/speed/results.js";
import { spread } from "../../build/bench/bench/speed/row.js";
import { textTable } from "../../build/bench/bench/speed/table.js";
import { onnxMatmul } from "./onnx_matmul.mjs";

const [M, N, K] = [4096, 128, 128];
const [BATCH, WIDE, HIDDEN] = [100, 1024, 128];
const ROUNDS = 8;
const ROUND_MS = 100;
const TANH = 3;
/** Products forward, and of them backward: to both weights, and to the hidden units. */
const STEP_FLOPS = 5 * 2 * BATCH * WIDE * HIDDEN;

function uniform(length, scale) {
  let state = 12345;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  });
}

const a = uniform(M * K, 1);
const b = uniform(K * N, 1);
const x = uniform(BATCH * WIDE, 1);
const w1 = uniform(WIDE * HIDDEN, 0.03);
const w2 = uniform(HIDDEN * WIDE, 0.03);

async function ours(simd) {
  const memory = await KernelMemory.load(simd);
  const { dense_forward, dense_backward, dense_scratch, activation_forward, activation_backward } = memory.kernels;
  const scratch = memory.zeros(
    Math.max(dense_scratch(M, N, K), dense_scratch(BATCH, WIDE, HIDDEN), dense_scratch(BATCH, HIDDEN, WIDE)),
  );
  const [pa, pb, bias, pc] = [memory.uniform(M * K), memory.uniform(K * N), memory.zeros(WIDE), memory.zeros(M * N)];
  const [px, p1, p2] = [
    memory.uniform(BATCH * WIDE),
    memory.uniform(WIDE * HIDDEN, 0.03),
    memory.uniform(HIDDEN * WIDE, 0.03),
  ];
  const [u, h, y, dh, du] = [HIDDEN, HIDDEN, WIDE, HIDDEN, HIDDEN].map((width) => memory.zeros(BATCH * width));
  const [d1, d2, db] = [memory.zeros(WIDE * HIDDEN), memory.zeros(HIDDEN * WIDE), memory.zeros(WIDE)];
  return {
    product: () => dense_forward(pc, pa, pb, bias, M, N, K, scratch),
    step: () => {
      dense_forward(u, px, p1, bias, BATCH, HIDDEN, WIDE, scratch);
      activation_forward(h, u, BATCH * HIDDEN, TANH);
      dense_forward(y, h, p2, bias, BATCH, WIDE, HIDDEN, scratch);
      // The loss's gradient is y but for a factor.
      dense_backward(dh, d2, db, y, h, p2, BATCH, WIDE, HIDDEN, scratch);
      activation_backward(du, dh, u, h, BATCH * HIDDEN, TANH);
      dense_backward(0, d1, db, du, px, p1, BATCH, HIDDEN, WIDE, scratch);
    },
  };
}

async function tensorflow() {
  const dist = `${root}/bench/peers/node_modules/@tensorflow/tfjs-backend-wasm/dist/`;
  tfWasm.setWasmPaths(dist);
  tfWasm.setThreadsCount?.(1);
  await tf.setBackend("wasm");
  await tf.ready();
  const [ta, tb] = [tf.tensor2d(a, [M, K]), tf.tensor2d(b, [K, N])];
  const tx = tf.tensor2d(x, [BATCH, WIDE]);
  const [t1, t2] = [tf.tensor2d(w1, [WIDE, HIDDEN]), tf.tensor2d(w2, [HIDDEN, WIDE])];
  return {
    // The backend computes at once; reading would copy 2 MB.
    product: () => tf.matMul(ta, tb).dispose(),
    // By hand: this package's core comes without its gradients.
    step: () =>
      tf.tidy(() => {
        const h = tf.tanh(tf.matMul(tx, t1));
        const dy = tf.mul(tf.matMul(h, t2), 2 / (BATCH * WIDE));
        const d2 = tf.matMul(h, dy, true, false);
        const du = tf.mul(tf.matMul(dy, t2, false, true), tf.sub(1, tf.square(h)));
        return [d2, tf.matMul(tx, du, true, false)].map((gradient) => gradient.shape);
      }),
  };
}

async function jaxJs() {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const np = jax.numpy;
  const array = (data, shape) => np.array(data, { shape, dtype: np.float32 });
  const [ja, jb] = [array(a, [M, K]), array(b, [K, N])];
  const jx = array(x, [BATCH, WIDE]);
  const [j1, j2] = [array(w1, [WIDE, HIDDEN]), array(w2, [HIDDEN, WIDE])];
  const product = jax.jit((left, right) => np.matmul(left, right));
  const loss = ([v1, v2], input) => np.mean(np.square(np.matmul(np.tanh(np.matmul(input, v1)), v2)));
  const gradient = jax.jit(jax.grad(loss));
  return {
    product: async () => {
      const c = product(ja.ref, jb.ref);
      await c.blockUntilReady();
      c.dispose();
    },
    step: async () => {
      const both = gradient([j1.ref, j2.ref], jx.ref);
      await jax.blockUntilReady(both);
      for (const d of both) d.dispose();
    },
  };
}

async function onnx() {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(onnxMatmul(M, N, K), { executionProviders: ["wasm"] });
  const feeds = { a: new ort.Tensor("float32", a, [M, K]), b: new ort.Tensor("float32", b, [K, N]) };
  return { product: () => session.run(feeds) };
}

/** GFLOP/s of each of the calls that fit into a round; the first is the warm-up. */
async function rates(run, flops) {
  await run();
  const each = [];
  const end = performance.now() + ROUND_MS;
  for (let began = performance.now(); began < end; ) {
    await run();
    const done = performance.now();
    each.push(flops / (done - began) / 1e6);
    began = done;
  }
  return each;
}

const loadBefore = loadavg()[0];
const { chooseVariant } = await shipped("core/engine.js");
const { simd } = await chooseVariant();
const controls = buildControls();

// Before other libraries are in the process.
const steps = [];
const reason = withoutTorch();
if (reason) process.stderr.write(`PyTorch and pyroVED left out: ${reason}\n`);
for (const threads of availableParallelism() > 1 ? [1, 2] : [1]) {
  controls.run("fma");
  if (!reason) steps.push(...benchTorch(threads));
  const { shape, ...row } = await benchPyrovedStep(simd, threads);
  steps.push({ ...row, group: "peer", name: "shift-vae", shape: `step, ${shape}` });
}
const installed = (name) =>
  JSON.parse(readFileSync(`${root}/bench/peers/node_modules/${name}/package.json`, "utf8")).version;
const peers = [
  ["shift-vae", simd, () => ours(simd)],
  [`jax-js ${installed("@jax-js/jax")}`, "wasm", jaxJs],
  [`tfjs ${installed("@tensorflow/tfjs-core")}`, "wasm", tensorflow],
  [`onnxruntime-web ${installed("onnxruntime-web")}`, "wasm", onnx],
];
const tasks = [];
for (const [name, variant, make] of peers) {
  try {
    const { product, step } = await make();
    // What does not run under this engine is left out, and said.
    await product();
    await step?.();
    tasks.push({ name, variant, shape: `product ${M}×${N}×${K}`, run: product, flops: 2 * M * N * K, rates: [] });
    if (step)
      tasks.push({
        name,
        variant,
        shape: `step ${BATCH} × ${WIDE} → ${HIDDEN} → ${WIDE}`,
        run: step,
        flops: STEP_FLOPS,
        rates: [],
      });
  } catch (error) {
    process.stderr.write(`${name} left out under Node ${process.versions.node}: ${error.message}\n`);
  }
}
for (let round = 0; round < ROUNDS; round++) {
  controls.run("fma");
  for (const task of tasks) task.rates.push(...(await rates(task.run, task.flops)));
}
const control = controls.rows().find(({ name }) => name === "fma");
const rows = tasks.map(({ name, variant, shape, rates }) => {
  const figures = spread(rates);
  const shares = control && { share: figures.median / control.median, bestShare: figures.max / control.max };
  return { group: "peer", name, shape, variant, threads: 1, unit: "GFLOP/s", ...figures, ...shares };
});
const results = {
  ...describeRun(loadBefore, controls.description, [...controls.rows(), ...steps, ...rows]),
  command: "npm run bench:peers",
};
process.stdout.write(textTable(results));
const folder = `${root}/bench/results`;
mkdirSync(folder, { recursive: true });
const path = `${folder}/peers-node${process.versions.node.split(".")[0]}.json`;
writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
process.stderr.write(`written: ${path}\n`);
