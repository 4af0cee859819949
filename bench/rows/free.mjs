import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { load } from "weightscope";
import { inTurns, milliseconds, noise, number, ratioOf, table, timed } from "../harness.mjs";
import { loadLevenbergMarquardt } from "../peers.mjs";

export const title = "Free Gaussians";

const D = 256;
const K = 4;
const ROWS = 8;

/** What ml-levenberg-marquardt's users write: the model alone, its Jacobian by differences. */
const model = (parameters) => (x) => {
  let sum = 0;
  for (let k = 0; k < K; k++)
    sum += parameters[k] * Math.exp(-0.5 * ((x - parameters[K + k]) / parameters[2 * K + k]) ** 2);
  return sum;
};

export async function measure() {
  const printed = execFileSync(
    process.execPath,
    [fileURLToPath(new URL("../free-gaussians.mjs", import.meta.url)), "8", "5"],
    { encoding: "utf8" },
  );
  // The last row is d = 256, K = 8: columns, K, ours, R², theirs, R², given up, ratio.
  const cells = printed
    .trim()
    .split("\n")
    .at(-1)
    .split("|")
    .map((cell) => cell.trim());
  const ratio = Number.parseFloat(cells[8]);
  const r2 = Number(cells[4]);
  const levenbergMarquardt = loadLevenbergMarquardt();
  const kernels = await load();
  const data = noise(ROWS * D);
  const lines = [];
  if (levenbergMarquardt) {
    const x = Array.from({ length: D }, (_, j) => j);
    const initialValues = [
      ...Array(K).fill(1),
      ...Array.from({ length: K }, (_, k) => (k * (D - 1)) / (K - 1)),
      ...Array(K).fill(D / (2 * K)),
    ];
    const each = (row) => Array.from(data.subarray(row * D, (row + 1) * D));
    const results = await inTurns(
      {
        ours: () => timed(() => kernels.fitFreeGaussians({ rows: ROWS, columns: D, data }, { gaussians: K })),
        "ml-levenberg-marquardt": () =>
          timed(() => {
            for (let row = 0; row < ROWS; row++)
              levenbergMarquardt({ x, y: each(row) }, model, {
                initialValues,
                maxIterations: 100,
                damping: 1e-2,
                gradientDifference: 1e-4,
              });
          }),
      },
      3,
    );
    lines.push(
      "",
      table(
        ["columns", "K", "rows", "ours, ms (quartiles)", "ml-levenberg-marquardt, ms", "ratio"],
        [
          [
            D,
            K,
            ROWS,
            milliseconds(results.ours),
            milliseconds(results["ml-levenberg-marquardt"]),
            number(ratioOf(results.ours, results["ml-levenberg-marquardt"])),
          ],
        ],
      ),
      "",
      "There 100 iterations from evenly spaced centres, the Jacobian by differences.",
    );
  }
  return (
    `${printed.trim()}\n\nTarget at d = 256, K = 8: 400 × ${ratio >= 400 ? "met" : "missed"}, R² ≥ 0.23 ` +
    `${r2 >= 0.23 ? "met" : "missed"}.\n${lines.join("\n")}`
  );
}
