import { printable } from "../../base/printable.js";
import type { TransitionReport } from "../../types.js";
import { type CorpusText, corpusParts } from "../corpus.js";
import type { Making } from "../order.js";
import { draw } from "./chart.js";
import { htmlDocument } from "./document.js";
import { makingLines } from "./making.js";
import { h } from "./markup.js";
import { scrolling } from "./tables.js";
import { participationByVocabulary } from "./transition-chart.js";

/** Its labels are read on a phone. */
const SIZE = { width: 400, height: 310 };

/** The reports of one text as one self-contained HTML file: a chart beside its shuffles, and the table. */
export function corpusHtml(reports: readonly TransitionReport[], text: CorpusText, making: Making = {}): string {
  const { title, head, rows, notes, words } = corpusParts(reports, text);
  const chart = participationByVocabulary(
    reports,
    reports[0].matrix === "counts" ? "symmetric" : "antisymmetric",
    words,
  );
  const name = text.names.map((one) => printable(one)).join(", ");
  const article = h(
    "article",
    {},
    h("p", { class: "answer" }, title),
    h("h1", {}, name),
    makingLines(making),
    h(
      "figure",
      {},
      h("figcaption", {}, h("h2", {}, chart.title), h("span", { class: "note" }, chart.description)),
      draw(chart, SIZE).svg,
    ),
    h("h2", {}, "Vocabularies"),
    scrolling(
      title,
      head,
      rows.map((cells) => ({ cells })),
    ),
    h(
      "ul",
      {},
      notes.map((note) => h("li", {}, note)),
    ),
  );
  return htmlDocument(name, [article]);
}
