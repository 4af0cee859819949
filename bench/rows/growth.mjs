import { load } from "weightscope";
import { exponentOf, inTurns, noise, number, table, timed, uniform } from "../harness.mjs";

export const title = "Cost against size";

/** A random sparse square matrix with `each` values a row. */
function sparse(n, each) {
  const offsets = Uint32Array.from({ length: n + 1 }, (_, i) => i * each);
  const indices = new Uint32Array(n * each);
  for (let i = 0; i < n; i++) {
    const chosen = new Set();
    while (chosen.size < each) chosen.add(Math.floor(n * uniform()));
    indices.set(Uint32Array.from(chosen).sort(), i * each);
  }
  return { rows: n, columns: n, offsets, indices, values: noise(n * each) };
}

export async function measure() {
  const kernels = await load();
  const rows = [];
  const dense = (n, d) => ({ rows: n, columns: d, data: noise(n * d, 0.02) });
  const fit = (gaussians) => (matrix) => kernels.fitGaussians(matrix, { gaussians });
  const power = (matrix) => kernels.participationRatio(matrix, { method: "power", maxIterations: 4 });
  const exact = (matrix) => kernels.participationRatio(matrix, { method: "exact" });
  const free = (matrix) => kernels.fitFreeGaussians(matrix, { gaussians: 4 });
  /** @type {[string, string, number[], (size: number) => any, (matrix: any) => unknown, number | null][]} */
  const cases = [
    ["norms", "n, d = 1024", [256, 1024, 4096, 16384], (n) => dense(n, 1024), kernels.norms, 1],
    ["fit, K = 64", "n, d = 1024", [256, 1024, 4096, 16384], (n) => dense(n, 1024), fit(64), 1],
    ["fit, K = 64", "d, n = 1024", [256, 1024, 4096, 16384], (d) => dense(1024, d), fit(64), 1],
    [
      "fit, d = n = 4096",
      "K",
      [8, 32, 128, 512],
      (gaussians) => ({ ...dense4096(), gaussians }),
      (matrix) => kernels.fitGaussians(matrix, { gaussians: matrix.gaussians }),
      null,
    ],
    ["exact PR, square", "d", [256, 512, 1024, 2048], (d) => dense(d, d), exact, 3],
    ["power PR, 4 passes, square", "d", [512, 1024, 2048, 4096], (d) => dense(d, d), power, 2],
    ["free fit, K = 4, 8 rows", "d", [64, 256, 1024, 4096], (d) => dense(8, d), free, 1],
    [
      "sparse PR, 4 passes, n = 20000",
      "nnz",
      [20000, 80000, 320000, 1280000],
      (nnz) => sparse(20000, nnz / 20000),
      power,
      1,
    ],
  ];
  let kept;
  const dense4096 = () => (kept ??= dense(4096, 4096));
  for (const [work, variable, sizes, make, run, expected] of cases) {
    const inputs = sizes.map(make);
    const inner = sizes.map((size) => Math.max(1, Math.round(sizes.at(-1) / size / 8)));
    const results = await inTurns(
      Object.fromEntries(sizes.map((size, i) => [`n${size}`, () => timed(() => run(inputs[i]), inner[i])])),
      3,
    );
    const seconds = sizes.map((size) => results[`n${size}`].seconds);
    rows.push([
      work,
      variable,
      sizes.join(" · "),
      seconds.map((value) => number(value * 1e3)).join(" · "),
      exponentOf(sizes, seconds).toFixed(2),
      exponentOf(sizes.slice(-2), seconds.slice(-2)).toFixed(2),
      expected ?? "–",
    ]);
  }
  return `${table(["work", "against", "sizes", "ms", "exponent", "of the last two", "by count of operations"], rows)}

Public calls, copying in and out with them. The exponent is the slope of log time over log size, least squares. The \
fit's cost hardly rises with K
until the amplitudes' covariance (n·K²) shows.`;
}
