import { make } from "./dom.js";
import type { Problem } from "./remedy.js";

/** What went wrong in a box of its own: what, why, what to do, and the command for it. */
export class ErrorCard {
  readonly element = make("div", { className: "card", hidden: true, attributes: { role: "alert" } });
  private shown = "";

  show(problem: Problem | null): void {
    const next = problem === null ? "" : JSON.stringify(problem);
    if (next === this.shown) return;
    this.shown = next;
    this.element.hidden = problem === null;
    this.element.replaceChildren();
    if (problem === null) return;
    this.element.append(
      make("h2", {}, problem.title),
      make("p", { className: "cause" }, problem.cause),
      make("p", {}, problem.remedy),
    );
    if (problem.command !== null) this.element.append(commandToCopy(problem.command));
  }
}

/** A command, with a button that copies it. */
export function commandToCopy(command: string): HTMLElement {
  const code = make("code", { tabIndex: 0 }, command);
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", () => {
    const select = (): void => getSelection()?.selectAllChildren(code);
    // Without the right to write the clipboard the command is selected, for the keyboard to copy.
    Promise.resolve()
      .then(() => navigator.clipboard.writeText(command))
      .then(() => {
        button.textContent = "Copied";
      }, select);
  });
  return make("div", { className: "command" }, code, button);
}
