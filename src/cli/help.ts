import type { Command, Options } from "./command.js";
import { commonOptions } from "./options.js";

const WIDTH = 80;

/** Wraps words to the width, each line after the first indented. */
function wrapped(text: string, indent: number, first = indent): string {
  const lines: string[] = [];
  let line = " ".repeat(first);
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent);
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return [...lines, line].join("\n");
}

function described(entries: [term: string, text: string][]): string {
  const column = Math.min(26, Math.max(...entries.map(([term]) => term.length)) + 4);
  return entries
    .map(([term, text]) => {
      const head = `  ${term}`;
      return head.length + 2 <= column
        ? head.padEnd(column) + wrapped(text, column).trimStart()
        : `${head}\n${wrapped(text, column)}`;
    })
    .join("\n");
}

function optionLines(options: Options): string {
  return described(
    Object.entries(options).map(([name, { value, short, help }]) => [
      `${short ? `-${short}, ` : ""}--${name}${value === undefined ? "" : ` ${value}`}`,
      help,
    ]),
  );
}

const STATUS =
  "Exit status: 0 done, 1 the input is bad or the work failed, 2 the command line is wrong, 130 interrupted.";

/** What `weightscope --help` prints: the commands, and the options that all have. */
export function overallHelp(commands: readonly Command[]): string {
  return [
    "weightscope: how many parameters of a model are really free?",
    "",
    "usage: weightscope COMMAND [options]",
    "",
    described(commands.map(({ name, operands, summary }) => [`${name} ${operands}`.trim(), summary])),
    "",
    "options of every command",
    optionLines(commonOptions),
    "",
    "weightscope COMMAND --help tells the rest.",
    wrapped(STATUS, 0),
    "",
  ].join("\n");
}

/** What `weightscope COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const sections = [
    `usage: weightscope ${command.name} ${command.operands} [options]`.replace("  ", " "),
    "",
    wrapped(`${command.summary[0].toUpperCase()}${command.summary.slice(1)}.`, 0),
    "",
  ];
  if (Object.keys(command.options).length) sections.push("options", optionLines(command.options), "");
  const common = Object.fromEntries(Object.entries(commonOptions).filter(([name]) => !(name in command.options)));
  sections.push("options of every command", optionLines(common), "");
  for (const paragraph of command.details ?? []) sections.push(wrapped(paragraph, 0), "");
  return [...sections, wrapped(STATUS, 0), ""].join("\n");
}
