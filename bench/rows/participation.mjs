import { load } from "../../dist/node/index.js";
import { against, inTurns, milliseconds, noise, number, ratioOf, table, timed, uniform } from "../harness.mjs";
import { loadMlMatrix } from "../peers.mjs";

export const title = "Participation ratio and singular values";

const TOP = 256;

/** n × n with singular values near r^-½ over noise: neither flat nor steep. */
function spectral(n) {
  const values = noise(n * n, 0.02), left = new Float32Array(n), right = new Float32Array(n);
  for (let r = 1; r <= 32; r++) {
    const factor = (0.25 * 0.02) / Math.sqrt(r);
    for (let i = 0; i < n; i++) left[i] = uniform() < 0.5 ? -1 : 1;
    for (let j = 0; j < n; j++) right[j] = uniform() < 0.5 ? -factor : factor;
    for (let i = 0; i < n; i++) for (let j = 0, at = i * n; j < n; j++) values[at + j] += left[i] * right[j];
  }
  return values;
}

export async function measure({ python }) {
  const kernels = await load(), ml = loadMlMatrix(), rows = [], notes = [];
  await python.run(`
def by_gram(A):
    G = A.T @ A
    return np.trace(G, dtype="f8") ** 2 / np.einsum("ij,ij->i", G, G).sum(dtype="f8")
def by_values(A):
    global last
    last = s = np.linalg.svd(A, compute_uv=False).astype("f8") ** 2
    return s.sum() ** 2 / (s ** 2).sum()
`);
  for (const n of [1024, 4096]) {
    const data = spectral(n), matrix = { rows: n, columns: n, data };
    await python.put("A", data, [n, n]);
    let exact, power, values;
    const large = n === 4096;
    const values1024 = large || !ml ? {} : { "ml-matrix singular values": () => timed(() => new ml.SingularValueDecomposition(ml.Matrix.from1DArray(n, n, data), { computeLeftSingularVectors: false, computeRightSingularVectors: false })) };
    const results = await inTurns({
      exact: () => timed(() => { exact = kernels.participationRatio(matrix, { method: "exact" }); }),
      power: () => timed(() => { power = kernels.participationRatio(matrix, { method: "power" }); }),
      "numpy Gram": () => python.time("by_gram(A)"),
      ...(large ? {} : { "numpy singular values": () => python.time("by_values(A)") }),
    }, large ? 1 : 3, {
      ...(large ? { "numpy singular values": () => python.time("by_values(A)") } : {}), ...values1024,
      ...(large ? { top: () => timed(() => { values = kernels.singularValues(matrix, { count: TOP, tolerance: 1e-3 }); }) } : {}),
    });
    const add = (work, ours, peer, wanted) => rows.push([`${work}, ${n}²`, milliseconds(results[ours]), peer === "exact" ? "ours, exact" : peer, milliseconds(results[peer]), number(ratioOf(results[ours], results[peer])), against(ratioOf(results[ours], results[peer]), wanted)]);
    add("exact", "exact", "numpy singular values", 8);
    add("exact", "exact", "numpy Gram");
    if (ml && !large) add("exact", "exact", "ml-matrix singular values", 8);
    add("power", "power", "exact", large ? 5 : undefined);
    add("power", "power", "numpy Gram");
    if (large) {
      add(`top ${TOP} singular values`, "top", "numpy singular values");
      const energy = values.values.reduce((sum, x) => sum + x * x, 0), reference = await python.value(`float(last[:${TOP}].sum())`);
      notes.push(`Top ${TOP} singular values at tolerance 1e-3: ${values.iterations} passes, energy ${number(energy)} for numpy's ${number(reference)} (relative difference ${((energy - reference) / reference).toExponential(1)}).`);
    }
    const reference = await python.value("float(last.sum() ** 2 / (last ** 2).sum())");
    notes.push(`${n}²: participation ratio ${number(reference)} by numpy; exact off by ${Math.abs(exact.value / reference - 1).toExponential(1)}; power ${power.value.toFixed(2)} ± ${power.standardError.toFixed(2)} (${(100 * power.standardError / power.value).toFixed(2)} %) in [${power.lower.toFixed(2)}, ${power.upper.toFixed(2)}], ${power.iterations} passes, off by ${(100 * Math.abs(power.value / reference - 1)).toFixed(2)} %.`);
  }
  return `${table(["work", "ours, ms (quartiles)", "peer", "peer, ms", "ratio", "target"], rows)}

Noise and 32 directions of size r^-½ (neither flat nor steep). ${notes.join(" ")}
Public calls: each copies its matrix in, and gives the spectral norm too, which the peers do not.`;
}
