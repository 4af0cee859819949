import { type ChildProcess, spawn } from "node:child_process";
import { printable, quoted } from "../base/printable.js";
import { UsageError } from "./command.js";

/** Bytes of each stream that are kept, from its end. */
const KEPT = 65_536;
/** Characters of the last output that a message shows. */
const SHOWN = 200;
/** Where `COMMAND` has the checkpoint's path. */
const PLACE = "{}";

/** Numbers as programs print them, and what they print for a number that there is not. */
const NUMBER = /(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf(?:inity)?)(?![\w])/gi;
/** What colours them (ECMA-48 control sequences), which programs print into a pipe too where FORCE_COLOR is set. */
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]/g;

/**
 * COMMAND of `--evaluate`. A shell runs it, as the user wrote it, with every `{}` replaced by the checkpoint's path.
 * @throws UsageError where it has no `{}`.
 */
export function checkedCommand(command: string, option: string): string {
  if (command.includes(PLACE)) return command;
  throw new UsageError(
    `${option} takes a command with {} in the place of the checkpoint's path, not ${quoted(command, 60)}`,
  );
}

/** The last number in `text`, or null. "nan" and "inf" count as numbers here: what follows them was not meant. */
export function lastNumber(text: string): number | null {
  const found = [...text.replace(CONTROL, "").matchAll(NUMBER)].at(-1)?.[0];
  return found === undefined ? null : Number(/n/i.test(found) ? Number.NaN : found);
}

/** The end of a stream, as text. */
class Tail {
  private bytes = Buffer.alloc(0);

  take(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]).subarray(-KEPT);
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }

  /** Its last line that is not empty, fit for a message. */
  get lastLine(): string {
    const line =
      this.text
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1) ?? "";
    return printable(line.length > SHOWN ? `…${line.slice(-SHOWN)}` : line, Number.POSITIVE_INFINITY);
  }
}

/**
 * Runs COMMAND on the checkpoint at `path` and gives the last number that it prints on standard output. `path` must be
 * of plain characters, so that it is one word and nothing else in any place of the command.
 * @throws Error of one line with the last output, where COMMAND fails or prints no finite number; the signal's reason.
 */
export async function evaluateWith(command: string, path: string, signal: AbortSignal): Promise<number> {
  if (!/^[\w./:\\-]+$/.test(path))
    throw new Error(
      `${quoted(path)}: the temporary place has characters that a shell would act on; set TMPDIR to a plain one`,
    );
  const line = command.replaceAll(PLACE, () => path);
  signal.throwIfAborted();
  // A group of its own, so that what the shell started ends with it.
  const child = spawn(line, { shell: true, detached: process.platform !== "win32", stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => end(child);
  signal.addEventListener("abort", stop);
  try {
    const output = new Tail();
    const errors = new Tail();
    child.stdout.on("data", (chunk: Buffer) => output.take(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.take(chunk));
    const ended = await new Promise<string | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status, killed) =>
        resolve(status === 0 ? null : killed === null ? `ended with status ${status}` : `was ended by ${killed}`),
      );
    });
    signal.throwIfAborted();
    const said = errors.lastLine || output.lastLine;
    if (ended !== null) throw new Error(`--evaluate ${quoted(command, 80)} ${ended}${said ? `: ${said}` : ""}`);
    const value = lastNumber(output.text);
    if (value !== null && Number.isFinite(value)) return value;
    const what = value === null ? "printed no number" : "printed a number that is not finite";
    throw new Error(
      `--evaluate ${quoted(command, 80)} ${what}${output.lastLine || said ? `: ${output.lastLine || said}` : ""}`,
    );
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid);
  } catch {
    // It ended by itself.
  }
}
