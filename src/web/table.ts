import { make, toNode } from "./dom.js";
import { sorted } from "./natural-order.js";
import { RowsInSight, type Slot } from "./rows-in-sight.js";
import type { TableColumn } from "./table-column.js";
import { grouped, Heading } from "./table-groups.js";

const ROW = 32;
/** The head, and what a scroll bar may take, px. */
const COVERED = ROW + 16;

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
  private readonly list: RowsInSight<Row | Heading, Slot<Row | Heading>>;
  private keep: (row: Row) => boolean = () => true;
  private selected: Row | null = null;
  sort = { key: "", descending: false };

  constructor(
    label: string,
    id: string,
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
        on: { keydown: (event) => this.key(event) },
      },
      this.headGroup,
      this.body,
    );
    this.list = new RowsInSight(this.element, this.body, id, {
      height: () => ROW,
      covered: COVERED,
      create: (slot) => this.newSlot(slot),
      fill: ({ element }, row, at) => this.fill(element, row, at),
    });
    this.body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-at]");
      if (row) this.open(Number(row.dataset.at));
    });
  }

  /** Columns and rows as they stand. */
  get content(): { columns: readonly TableColumn<Row>[]; rows: readonly (Row | Heading)[] } {
    return { columns: this.columns, rows: this.list.rows };
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
    this.list.clear();
  }

  setRows(rows: readonly Row[], keep: (row: Row) => boolean): void {
    this.all = rows;
    this.keep = keep;
    this.arrange();
  }

  select(row: Row | null): void {
    this.selected = row;
    this.list.refresh();
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
    const { list } = this;
    const current = list.rows[list.active];
    const rows = this.all.filter(this.keep);
    const column = this.columns.find((one) => one.key === this.sort.key);
    list.rows = column ? sorted(rows, (row) => column.value(row), this.sort.descending) : grouped(rows, this.groupOf);
    list.active = current === undefined ? -1 : list.rows.indexOf(current);
    this.columns.forEach((one, i) =>
      this.head.children[i].setAttribute(
        "aria-sort",
        one.key === this.sort.key ? (this.sort.descending ? "descending" : "ascending") : "none",
      ),
    );
    this.element.setAttribute("aria-rowcount", String(list.rows.length + 1));
    list.refresh();
  }

  private newSlot(id: string): Slot<Row | Heading> {
    const cells = this.columns.map((column, i) =>
      make("div", {
        className: column.numeric ? "cell numeric" : "cell",
        attributes: { role: i === 0 ? "rowheader" : "gridcell" },
      }),
    );
    const element = make("div", { className: "row", id, attributes: { role: "row" } }, ...cells);
    return { element, shows: null, at: -1 };
  }

  private fill(element: HTMLElement, row: Row | Heading, at: number): void {
    element.setAttribute("aria-rowindex", String(at + 2));
    element.setAttribute("aria-selected", String(row === this.selected));
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

  private key(event: KeyboardEvent): void {
    if (event.target !== this.element) return;
    if (!this.list.walk(event.key)) {
      if (event.key !== "Enter") return;
      this.open(this.list.active);
    }
    event.preventDefault();
  }

  private open(at: number): void {
    const row = this.list.rows[at];
    if (row === undefined || row instanceof Heading) return;
    this.list.active = at;
    this.select(row);
    this.events.open(row);
  }
}
