import { make } from "./dom.js";

/** A tab and the panel that it shows. */
export interface Tab {
  key: string;
  title: string;
  panel: HTMLElement;
}

/** Tabs after the usual pattern: arrows move between them, one is in the tab order. */
export class Tabs {
  private readonly buttons: HTMLButtonElement[];
  private readonly panels: HTMLElement[];

  constructor(
    list: HTMLElement,
    panels: HTMLElement,
    private readonly tabs: readonly Tab[],
    choose: (key: string) => void,
  ) {
    this.buttons = tabs.map(({ key, title }) =>
      make(
        "button",
        {
          type: "button",
          id: `tab-${key}`,
          attributes: { role: "tab", "aria-controls": `panel-${key}` },
          on: { click: () => choose(key) },
        },
        title,
      ),
    );
    this.panels = tabs.map(({ key, panel }) =>
      make(
        "div",
        { id: `panel-${key}`, hidden: true, attributes: { role: "tabpanel", "aria-labelledby": `tab-${key}` } },
        panel,
      ),
    );
    list.replaceChildren(...this.buttons);
    panels.replaceChildren(...this.panels);
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined) return;
      const at = this.buttons.indexOf(document.activeElement as HTMLButtonElement);
      const last = this.buttons.length - 1;
      const to =
        step === Infinity ? last : step === -Infinity ? 0 : (at + step + this.buttons.length) % this.buttons.length;
      this.buttons[to].focus();
      choose(this.tabs[to].key);
      event.preventDefault();
    });
  }

  show(key: string): void {
    // On a phone the row of tabs is wider than the window.
    const chosen = this.buttons[this.tabs.findIndex((tab) => tab.key === key)];
    if (chosen?.getAttribute("aria-selected") !== "true")
      requestAnimationFrame(() => {
        const row = chosen.parentElement!;
        if (row.scrollWidth > row.clientWidth) row.scrollLeft = chosen.offsetLeft - row.offsetLeft - 16;
      });
    this.tabs.forEach((tab, i) => {
      this.buttons[i].setAttribute("aria-selected", String(tab.key === key));
      this.buttons[i].tabIndex = tab.key === key ? 0 : -1;
      this.panels[i].hidden = tab.key !== key;
    });
  }
}
