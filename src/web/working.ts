import { printable } from "../base/printable.js";
import { make } from "./dom.js";
import { ErrorCard } from "./error-card.js";
import type { Making } from "./making.js";
import { explain } from "./remedy.js";

/** How far files that are made here are, with a button that ends it, and why they could not be made. */
export class Working {
  private readonly fault = make("p", { className: "error", attributes: { role: "alert" } });
  private readonly card = new ErrorCard();
  private readonly bar = make("progress", { max: 1, value: 0, attributes: { "aria-label": "Progress of the file" } });
  private readonly doing = make("p", { className: "note", attributes: { role: "status" } });
  private readonly stop = make("button", { type: "button", on: { click: () => this.making?.cancel() } }, "Cancel");
  private readonly running = make("div", { className: "working", hidden: true }, this.bar, this.doing, this.stop);
  readonly element = make("div", {}, this.fault, this.card.element, this.running);
  private making: Making<"compress"> | Making<"adapter"> | null = null;

  /** What could not be asked for. */
  say(message: string): void {
    this.fault.textContent = message;
  }

  update(making: Making<"compress"> | Making<"adapter"> | null): void {
    this.making = making;
    const { busy = false, cancelled = false, error = null, share = 0, progress = null } = making ?? {};
    this.running.hidden = !busy && !cancelled;
    this.bar.hidden = this.stop.hidden = !busy;
    this.bar.value = share;
    const matrix = progress?.matrix;
    this.doing.textContent = cancelled
      ? "Cancelled; nothing is kept."
      : `${Math.floor(share * 100)} % · ${matrix ? printable(matrix, 80) : "reading …"}`;
    // An option that does not go with another has no code: its sentence says all.
    if (error?.code === null) this.say(error.message);
    this.card.show(error === null || error.code === null ? null : explain(error, null));
  }
}
