import type { Output } from "./output.js";
import type { Progress } from "./progress.js";

/** What a command's file exports as `command`, made with `defineCommand`; main.ts lists them. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** One line for the overall help. */
  readonly summary: string;
  /** What follows the name: "SOURCE…". */
  readonly operands: string;
  /** How many operands it takes. */
  readonly minimum: number;
  readonly maximum?: number;
  /**
   * Its own options by their long names; `commonOptions` (options.ts) are added to every command, and one of the same
   * name here takes its place.
   */
  readonly options: O;
  /** `--output` names a checkpoint that the command writes itself; its report goes to standard output. */
  readonly writesCheckpoint?: boolean | ((values: Values<O>) => boolean);
  /**
   * Ends at the first interruption when what it has in hand is done, however long that takes; at the second at once.
   */
  readonly patient?: boolean;
  /** Paragraphs for `--help` below the options. */
  readonly details?: readonly string[];
  /**
   * Resolves to the exit status: 0, or 1 where part of the work failed and was said. Throws UsageError for status 2,
   * anything else for 1.
   */
  run(invocation: Invocation<O>): Promise<0 | 1>;
}

/** An option of a command: its help, and how its text becomes a value. */
export interface Option<T> {
  /** Its value in the help, in capitals; a flag has none. */
  readonly value?: string;
  readonly help: string;
  /** One letter for it. */
  readonly short?: string;
  /** Its value names a file or source that is read: nothing may be written there. */
  readonly reads?: boolean;
  /** Its value names a file or directory that is written: none that is read, and no other that is written. */
  readonly writes?: boolean;
  /** It may be given several times: the lists that `parse` gives are joined. */
  readonly several?: boolean;
  /** What it says alone, where none of its `words` follows. */
  readonly alone?: { readonly word: string; readonly words: readonly string[] };
  /** Turns the text into the value, or throws UsageError. See values.ts. Not called for flags. */
  parse(text: string, option: string): T;
}
/** Options by their long names, without the dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>;
/** What was given on the command line, parsed; an option that was not given is absent. */
export type Values<O extends Options> = { readonly [K in keyof O]?: O[K] extends Option<infer T> ? T : never };

/** The options of every command, defaults filled in. */
export interface CommonValues {
  readonly format: Format;
  readonly threads: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes of a stream that are kept at most. */
  readonly maxSpool: number;
  readonly seed: number;
  readonly quiet: boolean;
}
/** `html` only where a command's own `format` takes it. */
export type Format = "table" | "json" | "csv" | "markdown" | "html";

/** One run of a command. */
export interface Invocation<O extends Options> {
  readonly operands: readonly string[];
  readonly options: Values<O>;
  readonly common: CommonValues;
  /** Aborts at Ctrl-C, and where nobody reads the output any more. Hand it to whatever can take long. */
  readonly signal: AbortSignal;
  /** Results, to standard output or to `--output FILE`. */
  readonly output: Output;
  readonly progress: Progress;
  /** One line to standard error, unless `--quiet`. */
  note(text: string): void;
  /**
   * One line to standard error for a part of the work that failed while the rest goes on; return 1 afterwards. Rethrows
   * an interruption.
   */
  failed(error: unknown): void;
  /** Work for when the results are whole in their place: what they could be made of again is needed until then. */
  afterwards(work: () => Promise<void>): void;
}

/** Checks the types of a command's own options, then forgets them. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command as unknown as Command;
}

/** The command line is wrong: exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
