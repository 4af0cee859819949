import { printable } from "../../base/printable.js";
import type { Report } from "../../types.js";
import type { Making } from "../order.js";
import { type Child, h, type Markup } from "./markup.js";

/** A line is broken between its words alone: a hyphen at the end of one would be read as two. */
const commandLine = (command: string): Markup =>
  h(
    "code",
    {},
    printable(command, 2000)
      .split(" ")
      .flatMap((word, i) => [i > 0 && " ", h("span", {}, word)]),
  );

/** What a document says of its making: the day, what made it, and the command. */
export function makingLines({ date, command }: Making, tool?: Report["tool"]): Child[] {
  const about = [
    date !== undefined && `${printable(date, 40)}. `,
    tool && `weightscope ${tool.version}, ${tool.instructions}. `,
    "Every figure is defined in docs/method.md of the project.",
  ];
  return [
    h("p", { class: "note" }, ...about),
    command !== undefined && h("p", { class: "note" }, commandLine(command)),
  ];
}
