/**
 * Free Gaussians beside scipy's curve_fit with its analytic Jacobian, on the same rows of white noise, the two taking
 * turns in one run: `node bench/free-gaussians.mjs [rows a round, 8] [rounds, 5]`. Needs dist/ (`npm run build`) and
 * python3-scipy. Ours starts from a pursuit with σ ≥ 0.3; theirs, as its users do, from evenly spaced centres, σ = d/2K
 * and amplitudes of 1, without bounds.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { load } from "weightscope";

const [rows, rounds] = [Number(process.argv[2] ?? 8), Number(process.argv[3] ?? 5)];
const shapes = [
  [64, 4],
  [64, 8],
  [256, 4],
  [256, 8],
];

const peer = `
import json, sys, time, warnings
import numpy as np
from scipy.optimize import curve_fit
warnings.simplefilter("ignore")
for line in sys.stdin:
    job = json.loads(line)
    K = job["gaussians"]
    W = np.array(job["data"]).reshape(-1, job["columns"])
    d = W.shape[1]
    j = np.arange(d, dtype=float)
    def parts(p):
        a, m, s = p[:K], p[K:2*K], p[2*K:]
        z = (j[:, None] - m) / s
        return a, s, z, np.exp(-0.5 * z * z)
    def model(x, *p):
        a, s, z, g = parts(np.array(p))
        return g @ a
    def jacobian(x, *p):
        a, s, z, g = parts(np.array(p))
        return np.hstack([g, g * z * a / s, g * z * z * a / s])
    start = np.concatenate([np.ones(K), np.linspace(0, d - 1, K), np.full(K, 0.5 * d / K)])
    seconds, r2, failed = [], [], 0
    for w in W:
        begin = time.perf_counter()
        try:
            p = curve_fit(model, j, w, start, jac=jacobian)[0]
            r2.append(1 - ((w - model(j, *p)) ** 2).sum() / ((w - w.mean()) ** 2).sum())
        except RuntimeError:
            failed += 1
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": seconds, "r2": r2, "failed": failed}), flush=True)
`;

let state = 20;
const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 8) / 16777216 + 2 ** -25;
const noise = (count) =>
  Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

const kernels = await load();
const python = spawn(existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3", ["-c", peer], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();

console.log(
  `node ${process.version} ${process.arch}, white noise, ${rounds} rounds of ${rows} rows, σ ≥ 0.3, one thread; ` +
    "ours is the median of the rounds, theirs the mean of all rows\n",
);
console.log(
  "| columns | K | ours, ms a row | R² | scipy, ms a row | R² | rows it gave up | ratio |\n" +
    "|---|---|---|---|---|---|---|---|",
);
for (const [columns, gaussians] of shapes) {
  const ours = [];
  const theirs = [];
  const ourR2 = [];
  const theirR2 = [];
  let failed = 0;
  kernels.fitFreeGaussians({ rows: 50, columns, data: noise(50 * columns) }, { gaussians });
  for (let round = 0; round < rounds; round++) {
    const data = noise(rows * columns);
    const start = performance.now();
    const fit = kernels.fitFreeGaussians({ rows, columns, data }, { gaussians });
    ours.push((performance.now() - start) / rows);
    ourR2.push(...fit.rowR2);
    python.stdin.write(`${JSON.stringify({ columns, gaussians, data: Array.from(data) })}\n`);
    const answer = JSON.parse((await lines.next()).value);
    theirs.push(...answer.seconds.map((seconds) => seconds * 1e3));
    theirR2.push(...answer.r2);
    failed += answer.failed;
  }
  const [a, b] = [median(ours), mean(theirs)];
  console.log(
    `| ${columns} | ${gaussians} | ${a.toFixed(3)} | ${mean(ourR2).toFixed(3)} | ${b.toFixed(1)} | ` +
      `${theirR2.length ? mean(theirR2).toFixed(3) : "–"} | ${failed} of ${rounds * rows} | ${Math.round(b / a)} × |`,
  );
}
python.stdin.end();
