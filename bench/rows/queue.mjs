import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { analyze } from "weightscope";
import { analyzeByQueue, workForQueue } from "weightscope/bullmq";
import { manyMatrices, Process, RedisServer } from "../../test/queue/server.mjs";
import { median, number, table } from "../harness.mjs";

export const title = "Many machines: jobs of a queue";

const PASSWORD = "bench";
const MATRICES = 2000;
/** Of Linux's clock in /proc. */
const TICKS_A_SECOND = 100;
const TURNS = 3;

/** Processor seconds of a function, all threads of this process. */
async function spent(work) {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, result };
}

/** Processor seconds that a process has taken. */
function takenBy(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** One analysis by workers of their own: their processor seconds, all of them. */
async function byWorkers(count, queue, file) {
  const env = { WEIGHTSCOPE_QUEUE_PASSWORD: PASSWORD };
  const given = ["worker", "--queue", queue.url, "--allow-path", path.dirname(file), "--threads", "1"];
  const workers = Array.from({ length: count }, () => new Process(given, env));
  const { remove, close } = await analyzeByQueue(file, { spectrum: "all", queue, address: file, jobSeconds: 0.3 });
  const seconds = workers.reduce((sum, { child }) => sum + takenBy(child.pid), 0);
  await remove();
  await close();
  for (const one of workers) one.kill("SIGKILL");
  await Promise.all(workers.map(({ ended }) => ended));
  return seconds;
}

export async function measure() {
  process.env.WEIGHTSCOPE_QUEUE_PASSWORD = PASSWORD;
  const folder = mkdtempSync(path.join(tmpdir(), "weightscope-bench-queue-"));
  const small = path.join(folder, "small.safetensors");
  const large = path.join(folder, "large.safetensors");
  writeFileSync(small, manyMatrices(MATRICES, [12, 20]));
  writeFileSync(large, manyMatrices(240, [512, 640]));
  const server = await new RedisServer(folder, PASSWORD).start();
  const queue = { url: server.url };
  const ending = new AbortController();
  try {
    let jobs = 0;
    const { signal } = ending;
    const allowPath = async (given) => given;
    const count = { onJob: () => jobs++ };
    const working = workForQueue({ queue, allow: ["https://models.example/"], allowPath, signal, ...count });
    const byQueue = async (jobSeconds, wanted) => {
      jobs = 0;
      const { seconds, result } = await spent(() => analyzeByQueue(small, { queue, address: small, jobSeconds }));
      if (JSON.stringify(result.report) !== wanted) throw new Error("another report");
      await result.remove();
      await result.close();
      return { seconds, jobs };
    };
    const wanted = JSON.stringify(await analyze(small));
    await byQueue(0.1, wanted);
    const each = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const [few, many] = [await byQueue(0.1, wanted), await byQueue(0.01, wanted)];
      each.push(((many.seconds - few.seconds) / (many.jobs - few.jobs)) * 1e3);
    }
    ending.abort();
    await working;
    const [one, two] = [await byWorkers(1, queue, large), await byWorkers(2, queue, large)];
    return [
      table(
        ["", "", "target"],
        [
          ["one job more for the same work: processor ms of worker and coordinator", number(median(each)), "≤ 2"],
          [`two workers against one (${number(one)} s): processor time of both`, number(two / one), "≤ 1.05"],
        ],
      ),
      `A job: the median of ${TURNS} turns in which ${MATRICES} small matrices are some 40 jobs and some 400; Redis' ` +
        "own time is not in it. Two workers: one run each, with what their starts take.",
    ].join("\n\n");
  } finally {
    ending.abort();
    await server.stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
