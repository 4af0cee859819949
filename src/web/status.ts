import { valueNotes } from "../analyze/value-notes.js";
import { printable } from "../base/printable.js";
import { answerOf, answerSoFar } from "../report/answer.js";
import { plural } from "../report/format.js";
import { notesOf } from "../report/summary.js";
import { roughly } from "./clock.js";
import { byId as by, make } from "./dom.js";
import { type Download, FORMS } from "./download-forms.js";
import { ErrorCard } from "./error-card.js";
import { headerLine, metadataTable } from "./header.js";
import { Menu } from "./menu.js";
import type { Model } from "./model.js";
import { explain } from "./remedy.js";

const doing: Record<Model["status"], string> = {
  opening: "Reading the header …",
  analysing: "",
  paused: "Paused",
  done: "",
  cancelled: "Cancelled; what was done is shown",
  failed: "",
};

/** Milliseconds after which a file that is not there yet is said to be made. */
const SOON = 300;

/** How far it is, of how much, and how long it will still take. */
function under({ session, matrices, planned, secondsLeft }: Model, share: number): string {
  if (session.waits) return "Waits for other work of this page …";
  const of = planned === null ? plural(matrices.length, "matrix", "matrices") : `${matrices.length} of ${planned}`;
  const left = secondsLeft === null ? "" : ` · about ${roughly(secondsLeft)} left`;
  return `${Math.floor(share * 100)} % · ${of} done${left}`;
}

/** What stands above the views: the answer, what is being done, the notes, and the buttons for it. */
export class StatusView {
  private header: unknown = null;
  private readonly card = new ErrorCard();
  private readonly downloads: Menu;
  private readonly saving = make("p", { id: "saving", className: "note", attributes: { role: "status" } });

  /** @param download gives the visitor a file, and says what there is to say of it */
  constructor(download: (kind: Download) => Promise<string>) {
    const save = (kind: string): void => void this.save(download(kind as Download));
    this.downloads = new Menu("Download", "download", FORMS, save);
    by("downloads").replaceWith(this.downloads.element);
    by("error").before(this.saving);
    by("error").append(this.card.element);
  }

  /** @param k the entry of `gaussians` that is shown */
  update(shown: Model, k: number): void {
    const { status, progress, header, error, report } = shown;
    const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
    by("model-name").textContent = printable(shown.name, 120);
    by("model-facts").textContent = by("model-facts").title = header ? headerLine(header) : "\u00a0";
    by<HTMLProgressElement>("progress").value = status === "done" ? 1 : share;
    by("doing").textContent =
      doing[status] ||
      (status === "done"
        ? shown.done
          ? `Done: ${plural(report!.source.matrices, "matrix", "matrices")}`
          : "Summing up …"
        : status === "analysing"
          ? under(shown, share)
          : "");
    this.card.show(error && explain(error, shown.input));
    this.answer(shown);
    by<HTMLButtonElement>("pause").disabled = status !== "analysing" && status !== "paused";
    by("pause").textContent = status === "paused" ? "Go on" : "Pause";
    by<HTMLButtonElement>("cancel").disabled = !shown.busy;
    this.downloads.disabled = report === null && shown.matrices.length === 0;
    if (header !== this.header) {
      this.saving.textContent = "";
      this.header = header;
      const metadata = header && header.metadata.length > 0 ? [metadataTable(header)] : [];
      by("header").hidden = metadata.length === 0;
      by("header").replaceChildren(by("header").firstElementChild!, ...metadata);
    }
    const select = by<HTMLSelectElement>("k");
    const asked = shown.settings.gaussians;
    if (select.options.length !== asked.length || asked.some((one, i) => select.options[i].text !== one))
      select.replaceChildren(...asked.map((one, i) => make("option", { value: String(i) }, one)));
    select.value = String(Math.min(k, asked.length - 1));
  }

  private async save(saving: Promise<string>): Promise<void> {
    const making = setTimeout(() => {
      this.saving.textContent = "Making the file …";
    }, SOON);
    // A visitor who closes the browser's dialogue has changed his mind.
    const said = await saving.catch(({ name, message }: Error) => (name === "AbortError" ? "" : message));
    clearTimeout(making);
    this.saving.textContent = said;
  }

  /** The answer above everything, and what there is to say of it, as the command line has them. */
  private answer(shown: Model): void {
    const { report, status } = shown;
    const { overview, matrices, planned, busy } = shown;
    by("answer").textContent = report
      ? answerOf(report)
      : !overview?.of
        ? ""
        : answerSoFar({ matrices: matrices.slice(0, overview.of), summary: overview.summary }, !busy, planned);
    by("answer").classList.toggle("partial", report === null);
    const notes = report
      ? notesOf(report.source)
      : [
          ...(status === "cancelled" ? ["cancelled: all figures are of a part only"] : []),
          ...(shown.plan ? notesOf(shown.plan) : []),
          ...(shown.busy ? [] : valueNotes(shown.matrices)),
        ];
    const list = by("notes");
    if (list.childElementCount !== notes.length || notes.some((note, i) => list.children[i].textContent !== note))
      list.replaceChildren(...notes.map((note) => make("li", {}, printable(note, 400))));
  }
}
