/**
 * An analysis by HTTP functions: its plan here, its figures from them, several requests at a time, its report here.
 *   node drive.mjs https://models.example/model.safetensors http://127.0.0.1:8787/ > report.json
 */
import { pathToFileURL } from "node:url";
import { batchTasks, mergeReport, planAnalysis } from "weightscope";

/** Requests under way, seconds of a request, and how often one is sent. */
const AT_ONCE = 8;
const SECONDS = 5;
const ATTEMPTS = 3;

/** The report of `analyze`, byte for byte. */
export async function drive(address, endpoint, options = {}) {
  const plan = await planAnalysis(address, options);
  const batches = batchTasks(plan, { seconds: SECONDS, bytes: 64 << 20 });
  const figures = new Map();
  const send = async (keys) => {
    for (let attempt = 1; ; attempt++) {
      const body = JSON.stringify({ address, options, keys });
      const response = await fetch(endpoint, { method: "POST", body });
      const answer = await response.json();
      if (response.ok) return answer;
      if (response.status < 500 || attempt === ATTEMPTS) throw new Error(answer.error);
    }
  };
  const work = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const { results } = await send(batch.map(({ key }) => key));
      for (const { key, figures: found } of results) figures.set(key, found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const journal = {
    has: (key) => figures.has(key),
    get: async (key) => figures.get(key),
    add: async () => {},
    close: async () => {},
  };
  return mergeReport(address, { ...options, journal });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = await drive(process.argv[2], process.argv[3]);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}
