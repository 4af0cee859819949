/**
 * What a coordinator of 70,000 matrices holds, over a real redis-server; and a sample by a queue, byte for byte that of
 * one process. The figures of the 70,000 are made here, by a client of BullMQ in a worker's place: computing them would
 * take minutes, and says nothing of the coordinator.
 *   node test/queue/coordinator.mjs [--matrices N]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Worker } from "bullmq";
import { isRequired, writeResults } from "../support/results.mjs";
import { counted, countedOf, hasRedis, manyMatrices, Process, RedisServer } from "./server.mjs";
import { Tally } from "./tally.mjs";

const asked = process.argv.indexOf("--matrices");
const MATRICES = asked < 0 ? 70_000 : Number(process.argv[asked + 1]);
const SHAPE = /** @type {[number, number]} */ ([3, 4]);
/** 262 to 281 were seen, on cores with other work; what a collector leaves lying differs by as much again. */
const MOST_MEGABYTES = 320;
const PASSWORD = "password";

if (!hasRedis()) {
  console.error("*** MISSING: redis; the coordinator was not tested (apt-get install redis-server) ***");
  const required = isRequired("redis");
  const leftOut = { redis: ["what a coordinator holds"] };
  writeResults("queue-coordinator", { passed: 0, failures: required ? ["missing: redis"] : [], leftOut });
  process.exit(required ? 1 : 0);
}

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-coordinator-"));
const tally = new Tally("queue-coordinator");
const { check } = tally;

/** Figures like any of such a matrix, all different: what is alike would be packed into nothing. @param {string} key */
function figuresOf(key) {
  const [rows, columns] = SHAPE;
  const share = Number.parseInt(key.slice(0, 8), 16) / 2 ** 32;
  const fit = (/** @type {[string, number]} */ [name, gaussians]) => ({
    ...{ asked: name, gaussians, width: 0.5, energy: share / 2, r2: share, noiseEnergy: share / 4 },
    ...{ noiseAmplitudeParticipationRatio: 1 + share / 7, verdict: null, permutedEnergy: share / 5, rank: 2 },
    ...{ amplitudes: rows * gaussians, compression: 2, amplitudeParticipationRatio: 1 + share / 3 },
  });
  return {
    norms: {
      ...{ norm: 1 + share, normPerParameter: (1 + share) / 12, mean: share / 10, standardDeviation: share / 3 },
      ...{ excessKurtosis: -share, minimum: -1 - share, maximum: 1 + share / 2, nonFinite: 0 },
    },
    participation: {
      ...{ value: 2 + share, lower: 2 + share / 2, upper: 3 + share, standardError: null, method: "exact" },
      ...{ convergedBy: "exact", iterations: 0, squaredNorm: (1 + share) ** 2, stableRank: 2 - share / 2 },
      ...{ spectralNorm: 1 + share / 9, spectralNormResidual: 0 },
    },
    noiseParticipationRatio: (rows * columns) / (rows + columns + 1),
    spectrum: {
      signal: {
        ...{ directions: 1, parameters: 6, energy: share, edge: share, noiseVariance: share / 100, below: 0 },
        ...{ kritchmanNadler: 1, bulk: share, verdict: "ok" },
      },
      ...{ gaussianEnergy: share, effectiveRank: 2 + share, numericalRank: 3, floor: share / 1e6 },
      ...{ energyRanks: { 0.5: 1, 0.9: 2, 0.99: 3 }, tail: null },
    },
    gaussian: [fit(["auto", 3]), fit(["8", 4])],
  };
}

const env = { WEIGHTSCOPE_QUEUE_PASSWORD: PASSWORD };
const server = await new RedisServer(folder, PASSWORD).start();
const file = path.join(folder, "many.safetensors");
const report = path.join(folder, "report.json");
try {
  writeFileSync(file, manyMatrices(MATRICES, SHAPE));
  const answer = async (/** @type {{ data: { work: string } }} */ { data }) => {
    const figures = JSON.parse(data.work).tasks.map(({ key }) => ({ key, figures: figuresOf(key) }));
    return JSON.stringify({ schemaVersion: 1, figures, failed: [] });
  };
  const connection = { url: server.url, password: PASSWORD, maxRetriesPerRequest: null };
  const worker = new Worker("weightscope", answer, { connection, concurrency: 2 });
  const by = (/** @type {string[]} */ ...given) =>
    new Process(["analyze", file, "--queue", server.url, "--format", "json", "--output", report, ...given], env, {
      options: counted,
    });
  // Jobs of a hundred matrices each; then of four, with as many more results to ask for.
  for (const seconds of ["5", "0.01"]) {
    const coordinator = by("--job-seconds", seconds);
    const status = await coordinator.ended;
    const { megabytes, processor } = countedOf(coordinator.error);
    console.log(`  jobs of ${seconds} s: ${megabytes.toFixed(0)} MB, ${processor.toFixed(1)} s of processor time`);
    check(status === 0 && megabytes <= MOST_MEGABYTES, `${MATRICES} matrices within ${MOST_MEGABYTES} MB`);
    const text = readFileSync(report, "latin1");
    check(text.split('"noiseParticipationRatio"').length - 1 === MATRICES, "each of them is in the report");
  }
  await worker.close();

  const few = path.join(folder, "few.safetensors");
  writeFileSync(few, manyMatrices(48, [12, 20]));
  const sample = ["analyze", few, "--sample", "layers=3", "--format", "json"];
  const direct = new Process(sample, env);
  const real = new Process(["worker", "--queue", server.url, "--allow-path", folder, "--threads", "1"], env);
  const queued = new Process([...sample, "--queue", server.url], env);
  await Promise.all([direct.ended, queued.ended]);
  real.kill("SIGTERM");
  await real.ended;
  const { summary, options } = JSON.parse(direct.out);
  check(
    options.sample.layers === 3 && summary.sample.standardErrors !== undefined,
    "one process draws a sample, with standard errors",
  );
  check(queued.out === direct.out, "a queue gives the same bytes of it");
} catch (error) {
  tally.threw(error);
} finally {
  await server.stop("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
tally.end();
