import { load } from "weightscope";
import { against, inTurns, milliseconds, noise, number, ratioOf, table, timed } from "../harness.mjs";
import { instantiate } from "../kernels.mjs";

export const title = "Gaussian fit on the uniform basis";

const N = 4096;
const D = 4096;

/** Columns in the windows of ±6 σ of all Gaussians at width 0.5: the products that a row takes. */
function windowed(gaussians) {
  const reach = (6 * 0.5 * D) / gaussians;
  let sum = 0;
  for (let k = 0; k < gaussians; k++) {
    const centre = (k * (D - 1)) / (gaussians - 1);
    sum += Math.min(D - 1, Math.floor(centre + reach)) - Math.max(0, Math.ceil(centre - reach)) + 1;
  }
  return sum;
}

export async function measure({ python, peak }) {
  const kernels = await load();
  const machine = await instantiate();
  const weights = noise(N * D, 0.02);
  const rows = [];
  const w = machine.copy(weights);
  const moments = machine.zeros(80);
  const rowSums = machine.allocate(N * 24);
  const totals = machine.zeros(24);
  await python.put("A", weights, [N, D]);
  for (const [gaussians, target, lstsq] of [
    [8, 1.2],
    [64, 2.5, 40],
    [256, 5.5],
  ]) {
    await python.run(
      `G = np.exp(-0.5 * ((np.arange(${D}) - np.arange(${gaussians})[:, None] * ${D - 1} / ${gaussians - 1}) / (0.5 ` +
        `* ${D} / ${gaussians})) ** 2).astype("f4"); GT = np.ascontiguousarray(G.T)`,
    );
    const marked = machine.exports.mark();
    const basis = machine.exports.createBasis(D, gaussians, 0.5, 0) >>> 0;
    machine.exports.continueBasis(basis, Infinity);
    const amplitudes = machine.allocate(N * gaussians * 4);
    const energy = machine.allocate(N * 4);
    const r2 = machine.allocate(N * 4);
    const results = await inTurns(
      {
        "fit kernel": () =>
          timed(() => {
            machine.exports.startMoments(moments, w, D);
            machine.exports.addMoments(moments, w, N, D, D, rowSums);
            machine.exports.fitRows(basis, w, N, D, rowSums, amplitudes, energy, r2, totals);
          }),
        "fit alone": () =>
          timed(() => machine.exports.fitRows(basis, w, N, D, rowSums, amplitudes, energy, r2, totals)),
        fitGaussians: () => timed(() => kernels.fitGaussians({ rows: N, columns: D, data: weights }, { gaussians })),
        "numpy A @ G.T alone": () => python.time("A @ GT"),
      },
      9,
      lstsq ? { "numpy.linalg.lstsq": () => python.time("np.linalg.lstsq(GT, A.T, rcond=None)") } : {},
    );
    const flops = 2 * N * windowed(gaussians);
    for (const [name, peer, wanted] of [
      ["fit alone", "numpy A @ G.T alone", target],
      ["fit kernel", "numpy A @ G.T alone"],
      ["fitGaussians", "numpy A @ G.T alone"],
      ...(lstsq
        ? [
            ["fit alone", "numpy.linalg.lstsq", lstsq],
            ["fitGaussians", "numpy.linalg.lstsq"],
          ]
        : []),
    ]) {
      const ratio = ratioOf(results[name], results[peer]);
      rows.push([
        gaussians,
        name,
        milliseconds(results[name]),
        `${Math.round((100 * flops) / results[name].seconds / peak.flops)} %`,
        peer,
        milliseconds(results[peer]),
        number(ratio),
        against(ratio, wanted),
      ]);
    }
    machine.exports.release(marked);
  }
  return `${table(["K", "ours", "ms (quartiles)", "of the peak", "peer", "peer, ms", "ratio", "target"], rows)}

4096 × 4096 weights, width 0.5. "fit alone" gives amplitudes, energy and R² of every row from weights in the kernels' \
memory whose row sums are
known, as \`analyze\` has them; "fit kernel" takes norms and moments too; \`fitGaussians\` is the public call: it \
also copies 64 MB in, takes the
amplitudes' covariance and copies the amplitudes out. "Of the peak" counts the multiplications and additions of the
windows of ±6 σ alone (${[8, 64, 256].map((gaussians) => (windowed(gaussians) / D).toFixed(1)).join(", ")} products a \
weight), not the solves.`;
}
