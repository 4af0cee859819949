import { parseArgs } from "node:util";
import { suggestion } from "../base/nearest.js";
import { quoted } from "../base/printable.js";
import { type Options, UsageError, type Values } from "./command.js";

/** A command line, parsed: what is no option in its order, and the values of the options given. */
export interface Arguments<O extends Options> {
  operands: string[];
  values: Values<O>;
}

/** The same with `--name` written out as `--name=word` for options that may stand alone. */
function withWords(args: readonly string[], options: Options): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.map((arg, i) => {
    const name = arg.slice(2);
    const alone = i < end && arg.startsWith("--") && Object.hasOwn(options, name) ? options[name].alone : undefined;
    return alone === undefined || alone.words.includes(args[i + 1]) ? arg : `${arg}=${alone.word}`;
  });
}

/**
 * Splits what follows a command's name into options and operands. `--name value` and `--name=value` are the same,
 * the last of several wins unless all are wanted, `--` ends the options, `-` is an operand.
 * @throws UsageError for an option that is unknown, lacks its value, has one too many, or does not parse.
 */
export function readArguments<O extends Options>(args: readonly string[], options: O): Arguments<O> {
  const { tokens } = parseArgs({
    args: withWords(args, options),
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value, short }]) => [
        name,
        { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(short && { short }) },
      ]),
    ),
    // Not strict: its messages take several lines, and know no nearest spelling.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const operands: string[] = [];
  const given: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (token.value === "") throw new UsageError('"" is no name: a variable of the shell may be empty');
      operands.push(token.value);
    }
    if (token.kind !== "option") continue;
    const { rawName, name, value } = token;
    if (!Object.hasOwn(options, name))
      throw new UsageError(
        `unknown option ${quoted(rawName, 60).slice(1, -1)}${suggestion(name, Object.keys(options), "--")}`,
      );
    const found = options[name];
    if (found.value === undefined) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
      given[name] = true;
    } else {
      const swallowed =
        value !== undefined &&
        !token.inlineValue &&
        /^--[a-z]/.test(value) &&
        Object.hasOwn(options, value.slice(2).split("=")[0]);
      if (value === undefined || swallowed) throw new UsageError(`${rawName} needs a value, ${found.value}`);
      const parsed = found.parse(value, rawName);
      given[name] = found.several ? [...((given[name] as unknown[]) ?? []), ...(parsed as unknown[])] : parsed;
    }
  }
  return { operands, values: given as Values<O> };
}
