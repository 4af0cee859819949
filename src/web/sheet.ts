import { count } from "../report/format.js";
import { h, type Markup } from "../report/html/markup.js";
import { scrolling } from "../report/html/tables.js";
import { make, toNode } from "./dom.js";
import type { TableColumn } from "./table-column.js";
import { Heading } from "./table-groups.js";

/** Rows on paper; json and csv have all. */
export const MOST_PRINTED = 500;

/** What was left out of a printed table. */
export const notPrinted = (all: number): Markup | false =>
  all > MOST_PRINTED &&
  h("p", { class: "note" }, `and ${count(all - MOST_PRINTED)} more, which are not printed; json and csv have all`);

/**
 * What is on paper alone, made when printing begins: a table on the screen has only the rows in sight in the document.
 */
export class Sheet {
  readonly element = make("div", { className: "sheet" });
  private readonly fill = (): void => this.element.replaceChildren(toNode(this.content()));
  private readonly clear = (): void => this.element.replaceChildren();

  constructor(private readonly content: () => Markup) {}

  listen(): this {
    addEventListener("beforeprint", this.fill);
    addEventListener("afterprint", this.clear);
    return this;
  }

  forget(): void {
    removeEventListener("beforeprint", this.fill);
    removeEventListener("afterprint", this.clear);
  }
}

/** The rows of a table as it stands: its columns, filters and order. */
export function tableSheet<Row>(
  caption: string,
  table: { content: { columns: readonly TableColumn<Row>[]; rows: readonly (Row | Heading)[] } },
): Sheet {
  return new Sheet(() => {
    const { columns, rows } = table.content;
    const lines = rows
      .slice(0, MOST_PRINTED)
      .map((row) => ({ cells: row instanceof Heading ? [row.text] : columns.map(({ text }) => text(row)) }));
    const titles = columns.map(({ title }) => title);
    return h("div", {}, scrolling(caption, titles, lines, 1), notPrinted(rows.length));
  }).listen();
}
