import { availableParallelism } from "node:os";
import type { CommonValues, Values } from "./command.js";
import { choice, flag, integer, number, option, written } from "./values.js";

/** What every command takes. */
export const commonOptions = {
  format: option("FORMAT", "table (default), json, csv or markdown", choice(["table", "json", "csv", "markdown"])),
  output: { ...written("FILE", "write the result there, whole or not at all"), short: "o" },
  threads: option("N", "threads that compute (default: the cores)", integer({ minimum: 1, maximum: 1024 })),
  memory: option("MIB", "weights held at once, over all threads (default 64)", number({ above: 0, maximum: 1 << 23 })),
  "max-spool": option(
    "GIB",
    "of a stream, kept in a temporary file at most (default 64)",
    number({ above: 0, maximum: 1 << 23 }),
  ),
  seed: option("N", "of everything random (default 1)", integer({ minimum: 0, maximum: 0xffffffff })),
  progress: flag("progress in plain lines, also where no terminal is"),
  quiet: { ...flag("neither progress nor notes"), short: "q" },
  debug: flag("show where an error comes from"),
  help: { ...flag("this help"), short: "h" },
  version: { ...flag("the version"), short: "V" },
} as const;

/** What every command was given, or the defaults: a table, a thread for each core, 64 MiB, seed 1. */
export function commonValues(values: Values<typeof commonOptions>): CommonValues {
  return {
    format: (values as { format?: CommonValues["format"] }).format ?? "table",
    threads: values.threads ?? availableParallelism(),
    memory: Math.round((values.memory ?? 64) * 1024 * 1024),
    maxSpool: Math.round((values["max-spool"] ?? 64) * 2 ** 30),
    seed: values.seed ?? 1,
    quiet: values.quiet ?? false,
  };
}
