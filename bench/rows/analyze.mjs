import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checked, compare, tolerances } from "../agreement.mjs";
import { makeCheckpoint, SIZES, tensorsOf } from "../checkpoint.mjs";
import { exponentOf, median, number, table } from "../harness.mjs";
import { interpreter } from "../python.mjs";
import { spentBy } from "../spent.mjs";

export const title = "The whole job: analyze";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const output = path.join(tmpdir(), "weightscope-bench-output.json");
/** The last takes minutes and 2 GB of temporary space. */
const sizes = ["10M", "30M", "100M", "1B"].filter((size) => size !== "1B" || !process.argv.includes("--without-1B"));

const command = (file, ...more) => [
  process.execPath,
  here("../../dist/cli.js"),
  "analyze",
  file,
  "--format",
  "json",
  "--quiet",
  ...more,
];

/** Operations of the exact method's Gram matrices, one triangle of each. */
const gramOperations = (size) =>
  tensorsOf(SIZES[size]).reduce((sum, [, rows, columns]) => sum + rows * columns * Math.min(rows, columns), 0);

/** Wall and processor seconds of a process that only starts two workers. */
function idleWorkers() {
  const script =
    'const { Worker } = require("node:worker_threads"); for (let i = 0; i < 2; i++) { const w = new Worker("0", { ' +
    'eval: true }); w.on("exit", () => {}); }';
  const runs = Array.from({ length: 7 }, () => [
    spentBy(output, [process.execPath, "-e", script]),
    spentBy(output, [process.execPath, "-e", "0"]),
  ]);
  return ["wall", "processor"].map((field) => median(runs.map(([two, none]) => two[field] - none[field])));
}

export async function measure({ peak }) {
  const rows = [];
  const threaded = [];
  const agreement = [];
  const seconds = { default: [], exact: [], numpy: [] };
  const weights = [];
  for (const size of sizes) {
    const { file, parameters, matrices } = await makeCheckpoint(size);
    const large = parameters > 2e8;
    const turns = large ? 3 : 5;
    const contestants = {
      numpy: [interpreter, here("../analyze_numpy.py"), file],
      default: command(file, "--threads", "1"),
      exact: command(file, "--threads", "1", "--participation", "exact"),
      "two threads": command(file, "--threads", "2"),
    };
    const spent = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
    const reports = {};
    for (let turn = -1; turn < turns; turn++) {
      for (const [name, line] of Object.entries(contestants)) {
        // most of a minute each: in the middle turn only
        if (large && turn !== 1 && (name === "numpy" || name === "exact")) continue;
        const one = spentBy(output, line);
        if (turn >= 0) spent[name].push(one);
        reports[name] ??= await readFile(output, "utf8");
        if (name === "two threads" && (await readFile(output, "utf8")) !== reports.default)
          throw new Error(`${size}: two threads gave another report than one`);
      }
    }
    const of = (name, field) => median(spent[name].map((one) => one[field]));
    const over = (slow, fast, field) =>
      spent[slow].length === spent[fast].length
        ? median(spent[fast].map((one, i) => spent[slow][i][field] / one[field]))
        : of(slow, field) / of(fast, field);
    const against = (name, field) => over("numpy", name, field);
    for (const name of ["default", "exact"]) {
      const worst = compare(JSON.parse(reports[name]), JSON.parse(reports.numpy));
      checked(`${size} ${name}`, worst, name === "exact");
      agreement.push([
        size,
        name,
        ...["norm", "energy", "r2", "amplitudeParticipation", "participation"].map((figure) =>
          worst[figure].toExponential(1),
        ),
        name === "exact" ? "–" : worst.standardErrors.toFixed(1),
      ]);
      rows.push([
        size,
        matrices,
        name,
        number(of(name, "processor")),
        number(of(name, "wall")),
        number(of(name, "peak") / 1e6),
        number(of("numpy", "processor")),
        number(of("numpy", "wall")),
        number(of("numpy", "peak") / 1e6),
        number(against(name, "processor")),
        number(against(name, "wall")),
        name === "default" ? `faster: ${against(name, "processor") > 1 ? "met" : "missed"}` : "published",
      ]);
      seconds[name].push(of(name, "processor"));
    }
    seconds.numpy.push(of("numpy", "processor"));
    weights.push(parameters);
    const besideNumpy = over("numpy", "two threads", "wall");
    const speedUp = over("default", "two threads", "wall");
    const extra = 1 / over("default", "two threads", "processor");
    threaded.push([
      size,
      number(of("default", "wall")),
      number(of("two threads", "wall")),
      number(speedUp),
      number(besideNumpy),
      number(extra),
      number(of("two threads", "peak") / 1e6),
      parameters >= 1e8 ? `1.7 × ${speedUp >= 1.7 ? "met" : "missed"}` : "–",
    ]);
  }
  const idle = idleWorkers();
  const grows = Object.entries(seconds)
    .map(([name, values]) => `${name} ${exponentOf(weights, values).toFixed(2)}`)
    .join(", ");
  return `${table(
    [
      "weights",
      "matrices",
      "participation ratio",
      "processor, s",
      "wall, s",
      "peak, MB",
      "numpy: processor, s",
      "wall, s",
      "peak, MB",
      "ratio",
      "by wall time",
      "target",
    ],
    rows,
  )}

\`dist/cli.js analyze --threads 1\` and bench/analyze_numpy.py, whole processes with their start, in turns; figures \
are medians. Processor time counts
the compiler's and the collector's threads, which wall time on an idle machine does not. Exponent of processor time \
in weights, start included: ${grows}.
Up to a smaller side of 512, as in the models of 10M and 30M here, the default is the exact method by definition. Its \
Gram matrices alone take
${["10M", "30M"].map((size) => `${number(gramOperations(size) / peak.flops)} s (${size})`).join(" and ")} at the peak \
of 128-bit SIMD measured above, \
${["10M", "30M"]
  .map((size, i) => `${Math.round((100 * gramOperations(size)) / peak.flops / seconds.numpy[i])} %`)
  .join(" and ")} of what numpy, with wider vectors, takes for everything.
Above, the power method costs a fraction of numpy's Gram matrix.

${table(
  [
    "weights",
    "one thread, wall s",
    "two threads, wall s",
    "faster by",
    "than numpy, by wall",
    "processor time grows by",
    "peak, MB",
    "target",
  ],
  threaded,
)}

Both give the same report, byte for byte. Starting Node and opening the file are done by one thread. Two workers that \
do nothing take
${number(idle[0] * 1e3)} ms of wall time and ${number(idle[1] * 1e3)} ms of processor time to start and end; each \
then runs its own JavaScript uncompiled at first, and the kernels'
optimising compiler, which has the second core for itself beside one thread, shares both with two. All that is over \
after the first half second, so
the gain grows with the model.

${table(
  ["weights", "participation ratio", "norm", "energy", "r2", "amplitude PR", "PR", "PR in standard errors"],
  agreement,
)}

Largest differences from numpy over all matrices (energy and r2 absolute, the others relative); the run fails above \
${Object.entries(tolerances)
  .map(([figure, most]) => `${figure} ${most.toExponential(0)}`)
  .join(", ")}, exact PR 1e-5,
and where numpy's PR lies outside the certified bounds.`;
}
