import version from "../../build/version.js";
import { suggestion } from "../base/nearest.js";
import { printable, withoutSecrets } from "../base/printable.js";
import { command as analyze } from "./analyze.js";
import { readArguments } from "./arguments.js";
import { type Command, type Options, UsageError, type Values } from "./command.js";
import { command as compare } from "./compare.js";
import { completions } from "./completions.js";
import { command as compress } from "./compress.js";
import { command as corpus } from "./corpus.js";
import { commandHelp, overallHelp } from "./help.js";
import { inputIdentities, refuseInput, refuseSame } from "./inputs.js";
import { command as inspect } from "./inspect.js";
import { abortOnSignals, Interrupted } from "./interrupts.js";
import { command as merge } from "./merge.js";
import { commonOptions, commonValues } from "./options.js";
import { BrokenPipe, fileOutput, type OpenOutput, standardOutput } from "./output.js";
import { barProgress, type Progress, plainProgress, silent } from "./progress.js";
import { command as queue } from "./queue.js";
import { command as restore } from "./restore.js";
import { command as scaling } from "./scaling.js";
import { command as serve } from "./serve.js";
import { command as worker } from "./worker.js";

/** In the order of the help. A new command is a file that exports `command`, and a line here. */
const commands: readonly Command[] = [
  analyze,
  inspect,
  compare,
  corpus,
  scaling,
  compress,
  restore,
  merge,
  worker,
  queue,
  serve,
];
const all: readonly Command[] = [...commands, completions(commands)];

/** One line on standard error, whatever the text holds. */
function say(text: string): void {
  process.stderr.write(`weightscope: ${printable(withoutSecrets(text.replace(/\s*\n\s*/g, " ")), Infinity)}\n`);
}

function describe(error: unknown): string {
  return error instanceof Error && error.message ? error.message : String(error);
}

async function dispatch(args: string[], controller: AbortController): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) throw new UsageError("a command is needed: weightscope analyze FILE, or weightscope --help");
  if (first === "--version" || first === "-V") return print(`${version}\n`);
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) return print(overallHelp(all));
  const name = first === "help" ? rest[0] : first;
  const command = all.find((known) => known.name === name);
  if (!command)
    throw new UsageError(
      `unknown ${name.startsWith("-") ? "option" : "command"} ${printable(name, 60)}${unknownHint(name)}`,
    );
  if (first === "help" || rest.includes("--help") || rest.includes("-h")) return print(commandHelp(command));
  if (rest.includes("--version") || rest.includes("-V")) return print(`${version}\n`);
  return runCommand(command, rest, controller);
}

function unknownHint(name: string): string {
  if (/[./\\]/.test(name)) return ` (did you mean analyze ${printable(name, 60)}?)`;
  return (
    suggestion(name, [...all.map((command) => command.name), "help", "--help", "--version"]) ||
    "; weightscope --help lists them"
  );
}

async function print(text: string): Promise<number> {
  await standardOutput(() => undefined).write(text);
  return 0;
}

async function runCommand(command: Command, args: string[], controller: AbortController): Promise<number> {
  const { operands, values } = readArguments(args, { ...commonOptions, ...command.options });
  if (operands.length < command.minimum)
    throw new UsageError(`${command.name} needs ${command.operands}: weightscope ${command.name} --help tells more`);
  if (operands.length > (command.maximum ?? Infinity))
    throw new UsageError(
      `${command.name} takes ${command.maximum ? `at most ${command.maximum}` : "no"} ` +
        `operand${command.maximum === 1 ? "" : "s"}, ${printable(operands[command.maximum ?? 0], 60)} is one too many`,
    );
  await refuseOverwriting(command, operands, values);
  const common = commonValues(values);
  const { signal } = controller;
  const output: OpenOutput =
    typeof values.output !== "string" || writesCheckpoint(command, values)
      ? standardOutput((reason) => controller.abort(reason))
      : await fileOutput(values.output, signal);
  const progress: Progress = common.quiet
    ? silent
    : values.progress
      ? plainProgress(say)
      : process.stderr.isTTY
        ? await barProgress(process.stderr)
        : silent;
  const aside = (text: string) => {
    progress.clear();
    say(text);
  };
  const later: (() => Promise<void>)[] = [];
  try {
    const status = await command.run({
      operands,
      options: values,
      common,
      signal,
      output,
      progress,
      note: (text) => {
        if (!common.quiet) aside(text);
      },
      failed: (error) => {
        signal.throwIfAborted();
        if (error instanceof BrokenPipe || error instanceof UsageError) throw error;
        aside(describe(error));
        if (values.debug) process.stderr.write(`${stackOf(error)}\n`);
      },
      afterwards: (work) => later.push(work),
    });
    progress.clear();
    signal.throwIfAborted();
    await output.commit();
    for (const work of later) await work();
    return status;
  } catch (error) {
    progress.clear();
    await output.discard().catch(() => undefined);
    // What an aborted piece of work says is not the reason why it ended.
    throw signal.aborted ? signal.reason : error;
  }
}

/** Whether `--output` is a place for a checkpoint, and the report goes to standard output. */
function writesCheckpoint({ writesCheckpoint: writes }: Command, values: Values<Options>): boolean {
  return typeof writes === "function" ? writes(values) : writes === true;
}

/**
 * What is written is none of the files that the command reads, and each is another than the rest.
 * @throws UsageError before anything is opened.
 */
async function refuseOverwriting(
  { options }: Command,
  operands: readonly string[],
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const all = Object.entries({ ...commonOptions, ...options }).filter(([name]) => typeof values[name] === "string");
  const written = all.filter(([, { writes }]) => writes).map(([name]) => [`--${name}`, String(values[name])] as const);
  if (written.length === 0) return;
  const read = all.filter(([, { reads }]) => reads).map(([name]) => String(values[name]));
  const inputs = await inputIdentities([...operands, ...read]);
  for (const [name, place] of written) await refuseInput(place, inputs, name);
  await refuseSame(written);
}

function stackOf(error: unknown): string {
  const text =
    error instanceof Error
      ? `${error.stack}${error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`}`
      : String(error);
  return withoutSecrets(text)
    .split("\n")
    .map((line) => printable(line, Infinity))
    .join("\n");
}

function statusOf(error: unknown): number {
  if (error instanceof BrokenPipe) return 0;
  if (error instanceof Interrupted) return error.status;
  return error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<void> {
  const controller = new AbortController();
  abortOnSignals(controller, all.find(({ name }) => name === args[0])?.patient);
  process.stderr.on("error", () => undefined);
  // What nobody awaited is still one line.
  process.on("uncaughtException", (error) => {
    const cause: unknown = controller.signal.aborted ? controller.signal.reason : error;
    if (!(cause instanceof BrokenPipe)) say(describe(cause));
    if (args.includes("--debug")) process.stderr.write(`${stackOf(error)}\n`);
    process.exit(statusOf(cause));
  });
  try {
    process.exitCode = await dispatch(args, controller);
  } catch (error) {
    process.exitCode = statusOf(error);
    if (!(error instanceof BrokenPipe)) say(describe(error));
    if (args.includes("--debug") && !(error instanceof Interrupted || error instanceof BrokenPipe))
      process.stderr.write(`${stackOf(error)}\n`);
  }
  await drained(process.stderr);
  // A pipe on standard input, or a connection that a server keeps, must not keep the process.
  process.exit();
}

/** Waits until what was written has left; `process.exit` would cut it off. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write("", () => resolve()));
}

await main(process.argv.slice(2));
