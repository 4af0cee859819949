import { against, inTurns, milliseconds, noise, number, ratioOf, table } from "../harness.mjs";
import { spectraOfMachine } from "../spectra.mjs";

export const title = "All singular values";

/** numpy's time over ours at least: of the eigenvalues alone, and with the Gram matrix against its singular values. */
const WANTED = {
  1024: { eigenvalues: 1 / 2.5 },
  2048: { eigenvalues: 1 / 1.8, singular: 1.5 },
  4096: { eigenvalues: 1 / 1.5, singular: 1.5 },
};

/** The last takes minutes. */
const sizes = [1024, 2048, 4096].filter((n) => n !== 4096 || !process.argv.includes("--without-4096"));

/** n × n: noise whose rows fall, so that directions do too. */
function falling(n) {
  const values = noise(n * n, 0.02);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) values[i * n + j] *= (1 + (16 * i) / n) ** -1;
  return values;
}

export async function measure({ python }) {
  const ours = await spectraOfMachine();
  const rows = [];
  const notes = [];
  for (const n of sizes) {
    const data = falling(n);
    await python.put("A", data, [n, n]);
    await python.run(`G = A.T.astype("f8") @ A.astype("f8")`);
    const kept = {};
    const all = await inTurns(
      {
        gram: () => ours.gram(n, data, kept),
        eigenvalues: () => ours.eigenvalues(n, kept),
        "numpy eigvalsh": () => python.time("np.linalg.eigvalsh(G)"),
      },
      n === 4096 ? 1 : 3,
      { "numpy svd": () => python.time("np.linalg.svd(A, compute_uv=False)") },
    );
    const row = (work, one, peer, wanted) =>
      rows.push([
        `${work}, ${n}²`,
        milliseconds(one),
        peer,
        milliseconds(all[peer]),
        number(ratioOf(one, all[peer])),
        wanted ? against(ratioOf(one, all[peer]), Number(wanted.toFixed(3))) : "–",
      ]);
    const sum = all.gram.all.map((seconds, i) => seconds + all.eigenvalues.all[i]);
    const median = [...sum].sort((a, b) => a - b)[sum.length >> 1];
    const both = { seconds: median, low: Math.min(...sum), high: Math.max(...sum), all: sum };
    row("eigenvalues of a Gram matrix", all.eigenvalues, "numpy eigvalsh", WANTED[n].eigenvalues);
    row("all singular values, Gram matrix included", both, "numpy svd", WANTED[n].singular);
    const values = await python.value("np.linalg.eigvalsh(G)[::-1].tolist()");
    const worst = kept.values.reduce((most, x, i) => Math.max(most, Math.abs(x - values[i]) / values[0]), 0);
    notes.push(`${n}²: eigenvalues off by ${worst.toExponential(1)} of the largest.`);
  }
  return `${table(["work", "ours, ms (quartiles)", "peer", "peer, ms", "ratio", "target"], rows)}

Gram matrices and reductions in f64; numpy's eigvalsh is given the float64 Gram matrix, its svd the float32 weights.
${notes.join(" ")}`;
}
