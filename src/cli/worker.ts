import { realpath } from "node:fs/promises";
import path from "node:path";
import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import { inWords } from "../host/system-errors.js";
import { count, plural } from "../report/format.js";
import { defineCommand, UsageError } from "./command.js";
import { queueAt, queueOption } from "./queue-options.js";
import { number, option, text } from "./values.js";

const one = (value: string, name: string): string[] => [text(value, name)];

/** Files below one of these directories, once all links are followed; none of the others. */
async function pathsBelow(directories: readonly string[]): Promise<(given: string) => Promise<string>> {
  const roots = await Promise.all(
    directories.map((directory) =>
      realpath(directory).catch((error: unknown) => {
        throw new CheckpointError("not-readable", `--allow-path ${quoted(directory)}: ${inWords(error)}`);
      }),
    ),
  );
  return async (given) => {
    const refused = new CheckpointError("not-allowed", `${quoted(given)}: not below what this worker may read`);
    if (!path.isAbsolute(given)) throw refused;
    // What is not there is refused like what is elsewhere: a job learns nothing of this machine's files.
    const found = await realpath(given).catch(() => {
      throw refused;
    });
    if (!roots.some((root) => found === root || found.startsWith(root.endsWith(path.sep) ? root : root + path.sep)))
      throw refused;
    return found;
  };
}

/** `weightscope worker`: takes jobs of a queue until interrupted. */
export const command = defineCommand({
  name: "worker",
  summary: "takes jobs of a queue that analyze --queue fills, until interrupted",
  operands: "",
  minimum: 0,
  maximum: 0,
  patient: true,
  options: {
    queue: queueOption,
    allow: {
      ...option("PREFIX", "read from addresses that begin so (origin and path); may be given several times", one),
      several: true,
    },
    "allow-path": {
      ...option("DIR", "read files below this directory, links followed; may be given several times", one),
      several: true,
    },
    lock: option(
      "SECONDS",
      "silence after which its job is given to another (default 60)",
      number({ minimum: 1, maximum: 3600 }),
    ),
  },
  details: [
    "Jobs are data from whoever can write to the queue: nothing outside --allow and --allow-path is read, whatever a " +
      "job, a redirect or an index says. Redirects need their targets allowed too.",
    "Tokens are the worker's own: HF_TOKEN for the Hugging Face Hub, WEIGHTSCOPE_TOKEN_MODELS_EXAMPLE for " +
      "https://models.example/. They are in no job.",
    "The first SIGTERM or Ctrl-C lets the job in hand finish, the second does not. Needs bullmq: npm install bullmq " +
      "ioredis.",
  ],
  async run({ options, common, signal, note }) {
    const { queue, allow = [], "allow-path": allowPath = [] } = options;
    if (!queue) throw new UsageError("worker needs --queue URL");
    if (allow.length + allowPath.length === 0)
      throw new UsageError("worker needs --allow PREFIX or --allow-path DIR: without, it may read nothing");
    const { workForQueue } = await import("../distribute/bullmq.js");
    const paths = allowPath.length > 0 ? await pathsBelow(allowPath) : undefined;
    await workForQueue({
      queue: queueAt(queue, note),
      allow,
      allowPath: paths,
      threads: common.threads,
      memory: common.memory,
      lockSeconds: options.lock,
      signal,
      onJob: ({ id, matrices, failed }) =>
        note(
          `job ${printable(id, 40)}: ${plural(matrices, "matrix", "matrices")}` +
            `${failed > 0 ? `, ${count(failed)} could not be done` : ""}`,
        ),
      onFailed: ({ id, reason }) => note(`job ${printable(id, 40)}: ${printable(reason, 400)}`),
    });
    signal.throwIfAborted();
    return 0;
  },
});
