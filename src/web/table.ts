import { make, toNode, whenResized } from "./dom.js";
import { sorted } from "./natural-order.js";
import type { Slot, TableColumn } from "./table-column.js";
import { grouped, Heading } from "./table-groups.js";

const ROW = 32;

const BEYOND = 8;

/**
 * A grid of any number of rows, of which only those in sight are in the document. Arrow keys walk it, Enter opens,
 * headers sort.
 */
export class VirtualTable<Row> {
  readonly element: HTMLElement;
  private readonly head = make("div", { className: "row head", attributes: { role: "row", "aria-rowindex": "1" } });
  private readonly headGroup = make("div", { attributes: { role: "rowgroup" } }, this.head);
  private readonly body = make("div", { className: "body", attributes: { role: "rowgroup" } });
  private columns: TableColumn<Row>[] = [];
  private all: readonly Row[] = [];
  private rows: (Row | Heading)[] = [];
  private slots: Slot<Row>[] = [];
  private keep: (row: Row) => boolean = () => true;
  private active = -1;
  private selected: Row | null = null;
  private frame = 0;
  sort = { key: "", descending: false };

  constructor(
    label: string,
    private readonly id: string,
    private readonly events: { open(row: Row): void; sorted(): void },
    /** Where rows stand in their own order: what they are put under. */
    private readonly groupOf: ((row: Row) => string) | null = null,
  ) {
    this.element = make(
      "div",
      {
        className: "grid",
        tabIndex: 0,
        attributes: { role: "grid", "aria-label": label, "aria-readonly": "true" },
        on: { keydown: (event) => this.key(event), scroll: () => this.later(), focus: () => this.focused() },
      },
      this.headGroup,
      this.body,
    );
    this.body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-at]");
      if (row) this.open(Number(row.dataset.at));
    });
    whenResized(this.element, () => this.later());
  }

  /** Columns and rows as they stand. */
  get content(): { columns: readonly TableColumn<Row>[]; rows: readonly (Row | Heading)[] } {
    return { columns: this.columns, rows: this.rows };
  }

  setColumns(columns: TableColumn<Row>[]): void {
    if (columns.length === this.columns.length && columns.every((column, i) => column.key === this.columns[i].key)) {
      this.columns = columns;
      return;
    }
    this.columns = columns;
    this.element.style.setProperty(
      "--columns",
      columns.map(({ width }, i) => (i === 0 ? `minmax(${width}px, 1fr)` : `${width}px`)).join(" "),
    );
    this.element.style.setProperty("--wide", `max(100%, ${columns.reduce((sum, { width }) => sum + width, 0)}px)`);
    this.element.setAttribute("aria-colcount", String(columns.length));
    this.head.replaceChildren(
      ...columns.map((column) =>
        make(
          "div",
          { className: column.numeric ? "cell numeric" : "cell", attributes: { role: "columnheader" } },
          make(
            "button",
            { type: "button", title: column.about, on: { click: () => this.sortBy(column.key) } },
            column.title,
            make("span", { className: "arrow", ariaHidden: "true" }),
          ),
        ),
      ),
    );
    this.slots.forEach((slot) => slot.element.remove());
    this.slots = [];
  }

  setRows(rows: readonly Row[], keep: (row: Row) => boolean): void {
    this.all = rows;
    this.keep = keep;
    this.arrange();
  }

  select(row: Row | null): void {
    this.selected = row;
    this.slots.forEach((slot) => {
      slot.shows = null;
    });
    this.later();
  }

  sortBy(key: string): void {
    const column = this.columns.find((one) => one.key === key);
    if (!column) return;
    this.sort = { key, descending: this.sort.key === key ? !this.sort.descending : column.numeric };
    this.arrange();
    this.events.sorted();
  }

  /** Rows kept and put in order. Missing figures stand last either way. */
  arrange(): void {
    const current = this.rows[this.active];
    const rows = this.all.filter(this.keep);
    const column = this.columns.find((one) => one.key === this.sort.key);
    if (column) {
      this.rows = sorted(rows, (row) => column.value(row), this.sort.descending);
    } else this.rows = grouped(rows, this.groupOf);
    this.active = current === undefined ? -1 : this.rows.indexOf(current);
    this.columns.forEach((one, i) =>
      this.head.children[i].setAttribute(
        "aria-sort",
        one.key === this.sort.key ? (this.sort.descending ? "descending" : "ascending") : "none",
      ),
    );
    this.element.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.body.style.height = `${this.rows.length * ROW}px`;
    this.slots.forEach((slot) => {
      slot.shows = null;
    });
    this.later();
  }

  private later(): void {
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
  }

  private draw(): void {
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - BEYOND);
    const inSight = Math.ceil(this.element.clientHeight / ROW) + 2 * BEYOND;
    const last = Math.min(this.rows.length, first + inSight);
    while (this.slots.length < Math.min(inSight, this.rows.length)) this.slots.push(this.newSlot());
    // Row i always uses slot i modulo their number: scrolling by one row fills one slot anew.
    const used = new Set<number>();
    for (let at = first; at < last; at++) {
      const slot = this.slots[at % this.slots.length];
      used.add(at % this.slots.length);
      if (slot.shows !== this.rows[at] || slot.at !== at) this.fill(slot, at);
      slot.element.classList.toggle("active", at === this.active);
    }
    this.slots.forEach((slot, i) => {
      slot.element.hidden = !used.has(i);
    });
    if (this.active >= first && this.active < last)
      this.element.setAttribute("aria-activedescendant", `${this.id}-${this.active % this.slots.length}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private newSlot(): Slot<Row> {
    const cells = this.columns.map((column, i) =>
      make("div", {
        className: column.numeric ? "cell numeric" : "cell",
        attributes: { role: i === 0 ? "rowheader" : "gridcell" },
      }),
    );
    const element = make(
      "div",
      { className: "row", id: `${this.id}-${this.slots.length}`, attributes: { role: "row" } },
      ...cells,
    );
    this.body.append(element);
    return { element, shows: null, at: -1 };
  }

  private fill(slot: Slot<Row>, at: number): void {
    const row = this.rows[at];
    const { element } = slot;
    slot.shows = row;
    slot.at = at;
    element.dataset.at = String(at);
    element.setAttribute("aria-rowindex", String(at + 2));
    element.setAttribute("aria-selected", String(row === this.selected));
    element.style.transform = `translateY(${at * ROW}px)`;
    element.classList.toggle("group", row instanceof Heading);
    this.columns.forEach((column, i) => {
      const cell = element.children[i] as HTMLElement;
      const text = row instanceof Heading ? (i === 0 ? row.text : "") : column.text(row);
      const picture = row instanceof Heading ? null : (column.picture?.(row) ?? null);
      if (picture) cell.replaceChildren(toNode(picture), text);
      else if (cell.textContent !== text || cell.childElementCount > 0) cell.textContent = text;
      if (i === 0) cell.title = text;
    });
  }

  private focused(): void {
    if (this.active < 0 && this.rows.length > 0) this.activate(Math.floor(this.element.scrollTop / ROW));
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.element) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (event.key in steps) this.activate(Math.min(this.rows.length - 1, Math.max(0, this.active + steps[event.key])));
    else if (event.key === "Enter" && this.active >= 0) this.open(this.active);
    else return;
    event.preventDefault();
  }

  private activate(at: number): void {
    this.active = at;
    const top = at * ROW;
    const { element } = this;
    const inSight = element.clientHeight - ROW - 16;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + inSight) element.scrollTop = top + ROW - inSight;
    this.later();
  }

  private open(at: number): void {
    const row = this.rows[at];
    if (row === undefined || row instanceof Heading) return;
    this.active = at;
    this.select(row);
    this.events.open(row);
  }
}
