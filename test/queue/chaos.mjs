/**
 * An analysis over a real queue whose workers are killed and frozen, whose server is shut down and killed, whose
 * coordinator is killed and whose jobs are all added twice, at fixed times: the report of one process, byte for byte.
 * What PostgreSQL's driver throws while the server is down ends workers and coordinators (docs/scale.md): each is
 * started again by the same line, as whatever keeps services running would.
 *   node test/queue/chaos.mjs [--matrices N] [--store postgres]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isRequired, writeResults } from "../support/results.mjs";
import {
  fileServer,
  hasPostgres,
  hasRedis,
  manyMatrices,
  PostgresServer,
  Process,
  pause,
  RedisServer,
} from "./server.mjs";
import { Tally } from "./tally.mjs";

const asked = process.argv.indexOf("--matrices");
const MATRICES = asked < 0 ? 1500 : Number(process.argv[asked + 1]);
/** By the cost of a small matrix, about two thousandths of a second each. */
const JOB_SECONDS = 0.032;
const MOST_OF_A_JOB = 16;
/** That live at the end. */
const WORKERS = 3;
const TOKEN = "token-that-is-nowhere";
const PASSWORD = "password-that-is-nowhere";

const store = process.argv.includes("postgres") ? "postgres" : "redis";
if (store === "redis" ? !hasRedis() : !hasPostgres()) {
  console.error(`*** MISSING: ${store}; the queue was not tested (apt-get install redis-server postgresql) ***`);
  const required = isRequired(store);
  const failures = required ? [`missing: ${store}`] : [];
  writeResults("queue", { passed: 0, failures, leftOut: { [store]: ["the queue under chaos"] } });
  process.exit(required ? 1 : 0);
}

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-queue-"));
const tally = new Tally("queue");
const { check } = tally;

const bytes = manyMatrices(MATRICES, [12, 20]);
const file = path.join(folder, "model.safetensors");
writeFileSync(file, bytes);
const files = await fileServer(bytes, TOKEN, 60);
const server = await new (store === "redis" ? RedisServer : PostgresServer)(folder, PASSWORD).start();
const source = `${files.origin}/model.safetensors`;
const env = { WEIGHTSCOPE_QUEUE_PASSWORD: PASSWORD, WEIGHTSCOPE_TOKEN_127_0_0_1: TOKEN };
/** @type {Process[]} */
const all = [];
/** @param {...string} args */
const start = (...args) => {
  const made = new Process(args, env);
  all.push(made);
  return made;
};
let over = false;
/** Commands that ended while the server was down. @type {Process[]} */
const ended = [];
/** Whether the command is to be started again. @param {Process} command */
const isAgain = async (command) => {
  const status = await command.ended;
  if (store === "redis" || over || status !== 1) return false;
  ended.push(command);
  await pause(500);
  return !over;
};
const worker = () => {
  const one = start("worker", "--queue", server.url, "--allow", `${files.origin}/`, "--threads", "1", "--lock", "2");
  void isAgain(one).then((again) => again && worker());
  return one;
};
const coordinator = () =>
  start(
    ...["analyze", source, "--token", TOKEN, "--queue", server.url, "--keep", "--format", "json"],
    ...["--job-seconds", String(JOB_SECONDS)],
  );
/** One that has its report. @param {Process} first */
const outlasting = async (first) => {
  let one = first;
  while (await isAgain(one)) one = coordinator();
  return one;
};

try {
  const begun = performance.now();
  /** @param {number} seconds since the beginning */
  const at = (seconds) => pause(Math.max(0, begun + seconds * 1000 - performance.now()));
  const direct = start("analyze", source, "--token", TOKEN, "--format", "json");
  const [doomed, frozen] = [worker(), worker(), worker()];
  const [killed, second] = [coordinator(), coordinator()];
  const surviving = outlasting(second);
  let kills = 0;
  await at(3);
  doomed.kill("SIGKILL");
  kills++;
  worker();
  await at(4);
  frozen.kill("SIGSTOP");
  await at(5.5);
  await server.stop("SIGTERM");
  await at(6.5);
  await server.start();
  await at(9);
  frozen.kill("SIGCONT");
  killed.kill("SIGKILL");
  await at(9.5);
  const other = outlasting(coordinator());
  await at(11);
  await server.stop("SIGKILL");
  await at(12);
  await server.start();
  const [survivor, third] = await Promise.all([surviving, other, direct.ended]);
  console.log(`  over after ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  check(JSON.parse(direct.out).matrices.length === MATRICES, `one process does ${MATRICES} matrices`);
  check(survivor.out === direct.out, "the report of a coordinator that lived through all is that of one process");
  check(third.out === direct.out, "so is that of one started again, after another was killed");

  // A server that came back a moment ago has not heard of its workers yet.
  const waited = performance.now();
  let counts = { failed: NaN, done: NaN, workers: 0, jobsPerSecond: 0, secondsLeft: NaN };
  do {
    await pause(500);
    const asking = start("queue", "--queue", server.url, "--format", "json");
    await asking.ended;
    counts = JSON.parse(asking.out);
  } while (counts.workers !== WORKERS && performance.now() - waited < 30_000);
  over = true;
  const { failed, done, workers } = counts;
  check(
    counts.jobsPerSecond > 0 && counts.secondsLeft === 0,
    `queue says the rate, ${Number(counts.jobsPerSecond).toFixed(2)} jobs a second, and that none is left`,
  );
  check(failed === 0 && done > MATRICES / MOST_OF_A_JOB / 2, `${done} jobs done, none failed`);
  check(workers === WORKERS, `${workers} workers are left`);
  const computed = all
    .flatMap(({ error }) => [...error.matchAll(/^weightscope: job t[0-9a-f]{32}: (\d+) matrices$/gm)])
    .reduce((sum, [, count]) => sum + Number(count), kills * MOST_OF_A_JOB);
  check(
    computed >= MATRICES && computed <= 1.2 * MATRICES,
    `${computed} matrices computed for ${MATRICES}, with what was in killed hands`,
  );

  const workers3 = all.filter(({ child }) => child.spawnargs.includes("worker") && child.exitCode === null);
  for (const one of workers3) if (one.child.signalCode === null) one.kill("SIGTERM");
  await Promise.all(workers3.map((one) => one.ended));
  check(
    workers3.filter(({ child }) => child.signalCode === null).every(({ child }) => child.exitCode === 143),
    "workers end at SIGTERM",
  );
  const removing = start("queue", "--queue", server.url, "--remove", "--format", "json");
  await removing.ended;
  check(JSON.parse(removing.out).done === 0, "queue --remove leaves no job");

  if (store === "redis") {
    // Everything that was ever written to the server stands in its log.
    const log = path.join(folder, "appendonlydir");
    const written = Buffer.concat(readdirSync(log).map((name) => readFileSync(path.join(log, name)))).toString(
      "latin1",
    );
    check(written.includes("weightscope") && written.includes("schemaVersion"), "the server's log holds the jobs");
    check(
      ![TOKEN, PASSWORD].some((secret) => written.includes(secret)),
      "no token and no password was ever in the queue",
    );
  }
  if (store === "redis") {
    const last = worker();
    await pause(1500);
    await server.stop("SIGKILL");
    last.kill("SIGTERM");
    await Promise.race([last.ended, pause(20_000)]);
    check(last.child.exitCode === 143, "a worker ends at SIGTERM though the server is gone");
  }
  if (store === "postgres") {
    const lines = ended.map(({ error }) => error.trim().split("\n").at(-1) ?? "");
    console.log(`  ${ended.length} commands ended while the server was down and were started again`);
    check(
      lines.every((line) => line.startsWith("weightscope: ")),
      "each said why in its last line",
    );
  }
  const said = all.map(({ out, error }) => out + error).join("\n");
  check(![TOKEN, PASSWORD].some((secret) => said.includes(secret)), "nor was one printed");
} catch (error) {
  tally.threw(error);
} finally {
  if (tally.failures.length > 0)
    for (const { child, error } of all) console.error(child.spawnargs[2], error.slice(-2000));
  for (const { child } of all) child.kill("SIGKILL");
  await server.stop("SIGKILL");
  files.close();
  rmSync(folder, { recursive: true, force: true });
}
tally.end();
