import { queueCsv, queueMarkdown, queueText } from "../report/queue.js";
import { defineCommand, UsageError } from "./command.js";
import { queueAt, queueOption } from "./queue-options.js";
import { flag } from "./values.js";

/** Reasons that are shown of jobs that failed. */
const MOST_SHOWN = 5;

/** `weightscope queue`: how far the jobs of a queue are. */
export const command = defineCommand({
  name: "queue",
  summary: "how far the jobs of a queue are, and how fast; gives failed ones out again, or removes all",
  operands: "",
  minimum: 0,
  maximum: 0,
  options: {
    queue: queueOption,
    retry: flag("give jobs that failed out again"),
    remove: flag("remove all jobs and results, but those that workers have in hand"),
  },
  details: ["Needs bullmq: npm install bullmq ioredis. A dashboard: docs/scale.md."],
  async run({ options, common, output, note }) {
    const { queue, retry, remove } = options;
    if (!queue) throw new UsageError("queue needs --queue URL");
    if (retry && remove) throw new UsageError("--retry and --remove exclude each other");
    const { openJobQueue } = await import("../distribute/bullmq.js");
    const jobs = await openJobQueue(queueAt(queue, note));
    try {
      const reasons = await jobs.reasons(MOST_SHOWN);
      if (retry) await jobs.retryAll();
      if (remove) await jobs.removeAll();
      const counts = await jobs.counts();
      const pace = await jobs.pace(counts);
      if (common.format === "json") {
        await output.write(`${JSON.stringify({ ...counts, ...pace, reasons }, null, 2)}\n`);
        return 0;
      }
      const said = remove ? [] : reasons;
      if (common.format === "csv") await output.write(queueCsv(counts, pace));
      else if (common.format === "markdown") await output.write(queueMarkdown(counts, said, pace));
      else await output.write(queueText(counts, said, pace));
      return 0;
    } finally {
      await jobs.close();
    }
  },
});
