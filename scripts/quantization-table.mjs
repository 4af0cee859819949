/**
 * What quantisation does to each figure: every file of one model against the one of full precision, matrix by matrix.
 * `node scripts/quantization-table.mjs [directory]`; the directory holds model.safetensors and the same weights in
 * other types: as a default the files that the tests bring. Needs dist/ (`npm run build`). Matrices are matched by
 * layer and role.
 */
import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const fixtures = new URL("../test/fixtures/models/selftrained-llama-en", import.meta.url);
const directory = process.argv[2] ?? fileURLToPath(fixtures);
const REFERENCE = "model.safetensors";

const figures = {
  norm: (matrix) => matrix.norms.norm,
  "participation ratio": (matrix) => matrix.participation.value,
  "stable rank": (matrix) => matrix.participation.stableRank,
  energy: (matrix) => matrix.gaussian[0].energy,
  "amplitude PR": (matrix) => matrix.gaussian[0].amplitudeParticipationRatio,
};

async function analyse(file) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, "analyze", path.join(directory, file), "--format", "json", "--gaussians", "auto", "--quiet"],
    { maxBuffer: 1 << 26 },
  );
  const { matrices } = JSON.parse(stdout);
  return new Map(matrices.map((matrix) => [`${matrix.layer} ${matrix.role}`, matrix]));
}

const percent = (value) => `${(100 * value).toPrecision(2)} %`;
/** 2.0e+1 % helps nobody. */
const readable = (value) => (value >= 0.0995 ? `${(100 * value).toFixed(0)} %` : value < 5e-7 ? "0" : percent(value));

const names = (await readdir(directory)).filter(
  (name) => /^model\b.*\.(safetensors|gguf)$/.test(name) && name !== REFERENCE,
);
const sized = await Promise.all(
  names.map(async (name) => ({ name, size: (await stat(path.join(directory, name))).size })),
);
const reference = await analyse(REFERENCE);
console.log(`${reference.size} matrices, against ${REFERENCE}: mean relative difference, largest in brackets\n`);
console.log(
  `| file | MB | ${Object.keys(figures).join(" | ")} |\n|---|---|${"---|".repeat(Object.keys(figures).length)}`,
);
for (const { name, size } of sized.sort((a, b) => b.size - a.size)) {
  const matrices = await analyse(name);
  if ([...reference.keys()].some((key) => !matrices.has(key)))
    throw new Error(`${name} does not hold the matrices of ${REFERENCE}`);
  const cells = Object.values(figures).map((figure) => {
    const differences = [...reference].map(([key, matrix]) => Math.abs(figure(matrices.get(key)) / figure(matrix) - 1));
    return (
      `${readable(differences.reduce((sum, one) => sum + one, 0) / differences.length)} ` +
      `(${readable(Math.max(...differences))})`
    );
  });
  console.log(`| ${name} | ${(size / 1e6).toFixed(2)} | ${cells.join(" | ")} |`);
}
