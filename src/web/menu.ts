import { make } from "./dom.js";

/**
 * A button with a menu below it, after the usual pattern: it opens by click, Enter or the arrows; arrows move, Escape
 * closes, and nothing is done before an entry is chosen.
 */
export class Menu {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly list: HTMLElement;
  private readonly items: HTMLButtonElement[];

  constructor(
    title: string,
    id: string,
    entries: readonly { key: string; title: string }[],
    choose: (key: string) => void,
  ) {
    this.items = entries.map(({ key, title: text }) =>
      make(
        "button",
        {
          type: "button",
          tabIndex: -1,
          value: key,
          attributes: { role: "menuitem" },
          on: {
            click: () => {
              this.close();
              choose(key);
            },
          },
        },
        text,
      ),
    );
    this.list = make(
      "div",
      { hidden: true, id: `${id}-list`, attributes: { role: "menu", "aria-label": title } },
      ...this.items,
    );
    this.button = make(
      "button",
      {
        type: "button",
        id,
        attributes: { "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": `${id}-list` },
        on: { click: () => (this.list.hidden ? this.open(0) : this.close()) },
      },
      `${title} ▾`,
    );
    this.element = make(
      "div",
      { className: "menu", on: { keydown: (event) => this.key(event) } },
      this.button,
      this.list,
    );
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget as Node | null)) this.hide();
    });
  }

  set disabled(disabled: boolean) {
    this.button.disabled = disabled;
    if (disabled) this.hide();
  }

  private open(at: number): void {
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.items[at].focus();
  }

  private hide(): void {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  private close(): void {
    this.hide();
    this.button.focus();
  }

  private key(event: KeyboardEvent): void {
    const last = this.items.length - 1;
    const at = this.items.findIndex((item) => item.matches(":focus"));
    if (event.key === "Escape" && !this.list.hidden) this.close();
    else if (event.key === "ArrowDown") this.open(at < 0 || at === last ? 0 : at + 1);
    else if (event.key === "ArrowUp") this.open(at <= 0 ? last : at - 1);
    else if (event.key === "Home" && at >= 0) this.open(0);
    else if (event.key === "End" && at >= 0) this.open(last);
    else return;
    event.preventDefault();
  }
}
