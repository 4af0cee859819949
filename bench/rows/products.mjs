import { against, inTurns, milliseconds, noise, number, ratioOf, table, timed } from "../harness.mjs";
import { instantiate, relaxedWorks } from "../kernels.mjs";
import { loadTensorflow } from "../peers.mjs";

export const title = "Products and Gram matrices";

/** W Bᵀ, W 4096 × 4096 and B 64 × 4096. */
const N = 4096;
const K = 64;
const ROWS = 512;

async function product(name, weights, basis) {
  const machine = await instantiate(name);
  const w = machine.copy(weights);
  const b = machine.copy(basis);
  const panels = machine.allocate((ROWS + K) * 256 * 4);
  const result = machine.zeros(N * K * 8);
  const run = () => {
    machine.float64(result, N * K).fill(0);
    for (let row = 0; row < N; row += ROWS)
      machine.exports.addRowProducts(w + row * N * 4, ROWS, b, K, N, N, panels, result + row * K * 8, K);
  };
  return { run, result: () => machine.float64(result, N * K) };
}

async function gram(name, weights, n) {
  const machine = await instantiate(name);
  const w = machine.copy(weights);
  const start = machine.exports.mark();
  return () => {
    machine.exports.release(start);
    const pointer = machine.exports.createGram(n, 0);
    new Uint8Array(machine.exports.memory.buffer, machine.exports.gramTotal(pointer) >>> 0, n * n * 8).fill(0);
    machine.exports.addToGram(pointer, w, n, n, Infinity);
    machine.exports.finishGram(pointer, Infinity);
    // numpy's is full; what the library needs of ours is the upper triangle.
    machine.exports.mirror(machine.exports.gramTotal(pointer), n);
  };
}

export async function measure({ python, peak }) {
  const relaxed = await relaxedWorks();
  const rows = [];
  const add = (work, flops, results, name, peer, target) =>
    rows.push([
      work,
      name,
      milliseconds(results[name]),
      number(flops / results[name].seconds / 1e9),
      `${Math.round((100 * flops) / results[name].seconds / peak.flops)} %`,
      peer,
      milliseconds(results[peer]),
      number(ratioOf(results[name], results[peer])),
      against(ratioOf(results[name], results[peer]), target),
    ]);

  const weights = noise(N * N, 0.02);
  const basis = noise(K * N);
  await python.put("A", weights, [N, N]);
  await python.put("B", basis, [K, N]);
  const ours = await product("plain", weights, basis);
  const fused = relaxed ? await product("relaxed", weights, basis) : null;
  const tensorflow = await loadTensorflow();
  const left = tensorflow?.tensor2d(weights, [N, N]);
  const right = tensorflow?.tidy(() => tensorflow.transpose(tensorflow.tensor2d(basis, [K, N])));
  const products = await inTurns(
    {
      plain: () => timed(ours.run),
      ...(fused && { relaxed: () => timed(fused.run) }),
      "numpy A @ B.T": () => python.time("A @ B.T"),
      ...(tensorflow && {
        "tfjs-backend-wasm": () => {
          /** @type {any} */
          let out;
          const seconds = timed(() => {
            out = tensorflow.matMul(left, right);
            out.dataSync();
          });
          out.dispose();
          return seconds;
        },
      }),
    },
    9,
  );
  await python.run("C = A[:8].astype('f8') @ B.T.astype('f8')");
  const exact = (await python.value("C.tolist()")).flat();
  const size = Math.sqrt(exact.reduce((sum, x) => sum + x * x, 0));
  const error = Math.sqrt(exact.reduce((sum, x, i) => sum + (x - ours.result()[i]) ** 2, 0)) / size;
  add("product, K = 64", 2 * N * N * K, products, "plain", "numpy A @ B.T", 0.42);
  if (tensorflow) add("product, K = 64", 2 * N * N * K, products, "plain", "tfjs-backend-wasm", 1);
  if (fused) {
    add("product, K = 64", 2 * N * N * K, products, "relaxed", "numpy A @ B.T", 0.55);
    if (tensorflow) add("product, K = 64", 2 * N * N * K, products, "relaxed", "tfjs-backend-wasm", 1.4);
  }
  left?.dispose();
  right?.dispose();

  for (const n of [2048, 4096]) {
    const part = weights.slice(0, n * n);
    await python.put("A", part, [n, n]);
    const plain = await gram("plain", part, n);
    const faster = relaxed ? await gram("relaxed", part, n) : null;
    const results = await inTurns(
      {
        plain: () => timed(plain),
        ...(faster && { relaxed: () => timed(faster) }),
        "numpy A.T @ A": () => python.time("A.T @ A"),
      },
      n === 2048 ? 7 : 3,
    );
    add(`Gram WᵀW, ${n}²`, n ** 3, results, "plain", "numpy A.T @ A", 0.36);
    if (faster) add(`Gram WᵀW, ${n}²`, n ** 3, results, "relaxed", "numpy A.T @ A", 0.5);
  }
  return `${table(
    ["work", "build", "ours, ms (quartiles)", "GFLOP/s", "of the peak", "peer", "peer, ms", "ratio", "target"],
    rows,
  )}

The library multiplies by no dense matrix of 64 columns, so no public call does this product alone: the row is \
measured through
\`addRowProducts\`, the tile and packing behind every Gram matrix, with float64 totals. Its relative error against \
float64 was ${error.toExponential(1)}.
At the peak above the product takes ${number((2e3 * N * N * K) / peak.flops)} ms: \
${number((products["numpy A @ B.T"].seconds * peak.flops) / (2 * N * N * K))} × numpy's \
rate${tensorflow ? `, ${number((products["tfjs-backend-wasm"].seconds * peak.flops) / (2 * N * N * K))} × tfjs's` : ""}.
Ratios are peer time over ours. GFLOP/s of a Gram matrix count its upper half (n³), for ours; numpy's \`A.T @ A\` \
also computes one half (BLAS syrk).`;
}
