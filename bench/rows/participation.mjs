import { analyze, load } from "weightscope";
import {
  against,
  inTurns,
  milliseconds,
  noise,
  number,
  ratioOf,
  table,
  timed,
  timedAsync,
  uniform,
} from "../harness.mjs";
import { loadMlMatrix } from "../peers.mjs";

export const title = "Participation ratio and singular values";

const TOP = 256;
/** Times faster than all singular values by numpy that the energy of the top ones must be. */
const BUDGET = 4;

/** n × n with singular values near r^-½ over noise: neither flat nor steep. */
function spectral(n) {
  const values = noise(n * n, 0.02);
  const left = new Float32Array(n);
  const right = new Float32Array(n);
  for (let r = 1; r <= 32; r++) {
    const factor = (0.25 * 0.02) / Math.sqrt(r);
    for (let i = 0; i < n; i++) left[i] = uniform() < 0.5 ? -1 : 1;
    for (let j = 0; j < n; j++) right[j] = uniform() < 0.5 ? -factor : factor;
    for (let i = 0; i < n; i++) for (let j = 0, at = i * n; j < n; j++) values[at + j] += left[i] * right[j];
  }
  return values;
}

/** A safetensors file of one F32 matrix. */
function file(n, data) {
  const header = JSON.stringify({ weight: { dtype: "F32", shape: [n, n], data_offsets: [0, data.byteLength] } }).padEnd(
    128,
  );
  const bytes = new Uint8Array(8 + header.length + data.byteLength);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  new TextEncoder().encodeInto(header, bytes.subarray(8));
  bytes.set(new Uint8Array(data.buffer), 8 + header.length);
  return bytes;
}

export async function measure({ python, peak }) {
  const kernels = await load();
  const ml = loadMlMatrix();
  const rows = [];
  const notes = [];
  await python.run(`
def by_gram(A):
    G = A.T @ A
    return np.trace(G, dtype="f8") ** 2 / np.einsum("ij,ij->i", G, G).sum(dtype="f8")
def by_values(A):
    global last
    last = s = np.linalg.svd(A, compute_uv=False).astype("f8") ** 2
    return s.sum() ** 2 / (s ** 2).sum()
`);
  let bound = "";
  for (const n of [1024, 4096]) {
    const data = spectral(n);
    const matrix = { rows: n, columns: n, data };
    await python.put("A", data, [n, n]);
    /** @type {any} */
    let exact;
    /** @type {any} */
    let power;
    /** @type {any} */
    let top;
    const large = n === 4096;
    const stored = large ? file(n, data) : null;
    const values1024 =
      large || !ml
        ? {}
        : {
            "ml-matrix singular values": () =>
              timed(
                () =>
                  new ml.SingularValueDecomposition(ml.Matrix.from1DArray(n, n, data), {
                    computeLeftSingularVectors: false,
                    computeRightSingularVectors: false,
                  }),
              ),
          };
    const results = await inTurns(
      {
        exact: () =>
          timed(() => {
            exact = kernels.participationRatio(matrix, { method: "exact" });
          }),
        power: () =>
          timed(() => {
            power = kernels.participationRatio(matrix, { method: "power" });
          }),
        "numpy Gram": () => python.time("by_gram(A)"),
        ...(large ? {} : { "numpy singular values": () => python.time("by_values(A)") }),
      },
      large ? 1 : 3,
      {
        ...(large ? { "numpy singular values": () => python.time("by_values(A)") } : {}),
        ...values1024,
        ...(large
          ? {
              top: () =>
                timedAsync(async () => {
                  top = await analyze(stored, { gaussians: [TOP], svd: true });
                }),
              without: () => timedAsync(() => analyze(stored, { gaussians: [TOP] })),
            }
          : {}),
      },
    );
    const add = (work, ours, peer, wanted = undefined) =>
      rows.push([
        `${work}, ${n}²`,
        milliseconds(results[ours]),
        peer === "exact" ? "ours, exact" : peer,
        milliseconds(results[peer]),
        number(ratioOf(results[ours], results[peer])),
        against(ratioOf(results[ours], results[peer]), wanted),
      ]);
    add("exact", "exact", "numpy singular values", 8);
    add("exact", "exact", "numpy Gram");
    if (ml && !large) add("exact", "exact", "ml-matrix singular values", 8);
    add("power", "power", "exact", large ? 5 : undefined);
    add("power", "power", "numpy Gram");
    if (!large) {
      const least = n ** 3 / peak.flops;
      const values = results["numpy singular values"].seconds;
      bound = `The exact way at ${n}² needs the upper half of a Gram matrix, n³ multiplications and additions: at \
this core's peak ${number(least * 1e3)} ms, ${number(values / least)} × numpy's singular
values. Ours takes ${number(results.exact.seconds / least)} times as long as that, everything counted.`;
    }
    if (large) {
      const seconds = results.top.seconds - results.without.seconds;
      const ratio = results["numpy singular values"].seconds / seconds;
      rows.push([
        `energy of the top ${TOP} (--svd), ${n}²`,
        number(seconds * 1e3),
        "numpy singular values",
        milliseconds(results["numpy singular values"]),
        number(ratio),
        against(ratio, BUDGET),
      ]);
      const energy = top.matrices[0].gaussian[0].svdEnergy;
      const reference = await python.value(`float(last[:${TOP}].sum() / last.sum())`);
      notes.push(
        `--svd: \`analyze\` with it less \`analyze\` without; the budget is numpy's time over ${BUDGET}. Share of ` +
          `the top ${TOP}: ${energy.toFixed(5)} for numpy's ${reference.toFixed(5)} (from below, by ` +
          `${(100 * (1 - energy / reference)).toFixed(2)} %).`,
      );
    }
    const reference = await python.value("float(last.sum() ** 2 / (last ** 2).sum())");
    notes.push(
      `${n}²: participation ratio ${number(reference)} by numpy; exact off by ` +
        `${Math.abs(exact.value / reference - 1).toExponential(1)}; power ${power.value.toFixed(2)} ± ` +
        `${power.standardError.toFixed(2)} (${((100 * power.standardError) / power.value).toFixed(2)} %) in ` +
        `[${power.lower.toFixed(2)}, ${power.upper.toFixed(2)}], ${power.iterations} passes, off by ` +
        `${(100 * Math.abs(power.value / reference - 1)).toFixed(2)} %.`,
    );
  }
  return `${table(["work", "ours, ms (quartiles)", "peer", "peer, ms", "ratio", "target"], rows)}

Noise and 32 directions of size r^-½ (neither flat nor steep). ${notes.join(" ")}
Public calls: each copies its matrix in, and gives the spectral norm too, which the peers do not.
${bound}`;
}
