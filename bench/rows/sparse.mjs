import { against, inTurns, milliseconds, noise, number, ratioOf, table, timed, uniform } from "../harness.mjs";
import { instantiate } from "../kernels.mjs";
import { instantiatePeak } from "../peak.mjs";

export const title = "Sparse products";

/** The loads of the product with eight vectors alone (bench/peak.ts). */
async function loadsOf(n, each, indices, values, x) {
  const exports = await instantiatePeak();
  const memory = exports.memory;
  const base = 65536;
  memory.grow(Math.ceil((8 * n * each + 64 * n) / 65536) + 1);
  const parts = [indices, values, x];
  const at = parts.map(
    (_, i) => base + parts.slice(0, i).reduce((sum, part) => sum + Math.ceil(part.byteLength / 64) * 64, 0),
  );
  parts.forEach((part, i) => new part.constructor(memory.buffer, at[i], part.length).set(part));
  return () => exports.gather(n, each, ...at, at[2] + n * 32);
}

export async function measure({ python }) {
  const rows = [];
  const notes = [];
  for (const [n, each] of [
    [4096, 32],
    [32768, 32],
    [100000, 20],
  ]) {
    const offsets = new Uint32Array(n + 1);
    const indices = new Uint32Array(n * each);
    for (let i = 0; i < n; i++) {
      const chosen = new Set();
      // Zipf-like columns, as in transition counts: small indices are dense.
      while (chosen.size < each) chosen.add(Math.min(n - 1, Math.floor(n * uniform() ** 3)));
      indices.set(Uint32Array.from(chosen).sort(), i * each);
      offsets[i + 1] = (i + 1) * each;
    }
    const values = noise(n * each);
    const x = noise(n * 8);
    const machine = await instantiate();
    const [o, c, v, block, image] = [
      machine.copy(offsets),
      machine.copy(indices),
      machine.copy(values),
      machine.copy(x),
      machine.zeros(n * 32),
    ];
    const vector = machine.copy(Float64Array.from(x.subarray(0, n)));
    const product = machine.zeros(n * 8);
    await python.put("o", Int32Array.from(offsets), [n + 1]);
    await python.put("c", Int32Array.from(indices), [n * each]);
    await python.put("v", values, [n * each]);
    await python.put("X", x, [n, 8]);
    await python.run(
      `S = scipy.sparse.csr_matrix((v, c, o), shape=(${n}, ${n})); x = X.ravel()[:${n}].astype("f8"); D = ` +
        `S.astype("f8")`,
    );
    const loads = await loadsOf(n, each, indices, values, x);
    const inner = Math.max(1, Math.round(2e6 / (n * each)));
    const results = await inTurns(
      {
        vector: () => timed(() => machine.exports.sparseVector(n, o, c, v, vector, product), inner),
        block: () => timed(() => machine.exports.sparseBlock(n, o, c, v, block, 0, 0, 1, image), inner),
        loads: () => timed(loads, inner),
        "scipy S @ x, float64": async () => (await python.time(`[D @ x for _ in range(${inner})]`)) / inner,
        "scipy S @ X": async () => (await python.time(`[S @ X for _ in range(${inner})]`)) / inner,
      },
      11,
    );
    for (const [ours, peer, wanted] of [
      ["vector", "scipy S @ x, float64", 0.9],
      ["block", "scipy S @ X", 4],
    ]) {
      rows.push([
        `${n}, ${each} a row`,
        ours === "block" ? "eight vectors" : "one vector",
        milliseconds(results[ours]),
        number((2 * n * each * (ours === "block" ? 8 : 1)) / results[ours].seconds / 1e9),
        peer,
        milliseconds(results[peer]),
        number(ratioOf(results[ours], results[peer])),
        against(ratioOf(results[ours], results[peer]), wanted),
      ]);
    }
    notes.push(
      `${n}: ${number((100 * results.loads.seconds) / results.block.seconds)} % of our time, ` +
        `${number(ratioOf(results.loads, results["scipy S @ X"]))} × scipy`,
    );
  }
  return `${table(
    ["rows and columns", "product", "ours, ms (quartiles)", "GFLOP/s", "peer", "peer, ms", "ratio", "target"],
    rows,
  )}

One vector goes in float64 on both sides (our values stay float32), eight in float32. scipy's \`csr_matrix\`, the \
eight vectors as columns of one row-major array, as ours are.
With eight vectors, the loads alone (an experiment, bench/peak.ts: every index, every value and every row of X that \
is named read, nothing
multiplied) take, by columns: ${notes.join("; ")}.`;
}
