import { roleName } from "../../report/html/roles.js";
import type { MatrixReport } from "../../types.js";
import { make } from "../dom.js";
import type { Place } from "../link.js";
import { groupOf, moreColumns, tableColumns } from "../matrix-table.js";
import type { Model } from "../model.js";
import { tableSheet } from "../sheet.js";
import { VirtualTable } from "../table.js";
import { Heading } from "../table-groups.js";
import { MatrixView } from "./matrix.js";

/** How many times as many matrices there are before the table is put in order again. */
const MORE = 1.1;

/** The table of all matrices, and the one that is open beside it. */
export class MatricesView {
  readonly element: HTMLElement;
  private readonly find = make("input", {
    type: "search",
    placeholder: "part of a name",
    on: { input: () => this.filter() },
  });
  private readonly role = make("select", { on: { change: () => this.filter() } });
  private readonly verdict = make(
    "select",
    { on: { change: () => this.filter() } },
    ...["any", "structure", "as noise", "below noise"].map((value) =>
      make("option", { value: value === "any" ? "" : value }, value),
    ),
  );
  private readonly ticks = moreColumns.map(({ key, title, about }) =>
    make(
      "label",
      { className: "tick", title: about },
      make("input", { type: "checkbox", value: key, on: { change: () => this.choose() } }),
      ` ${title}`,
    ),
  );
  private readonly nothing = make(
    "p",
    { className: "note", hidden: true },
    "No matrix is left by these filters. ",
    make("button", { type: "button", on: { click: () => this.clear() } }, "Clear the filters"),
  );
  private readonly tally = make("span", { className: "note", attributes: { role: "status" } });
  private readonly table: VirtualTable<MatrixReport>;
  private readonly matrix = new MatrixView(() => this.close());
  private matrices: readonly MatrixReport[] = [];
  private model: Model | null = null;
  private roles = "";
  private k = 0;
  private opened = "";

  constructor(private readonly change: (part: Partial<Place>) => void) {
    this.table = new VirtualTable(
      "Matrices",
      "matrix-row",
      {
        open: (matrix) => this.change({ matrix: matrix.name }),
        sorted: () => this.change({ sort: this.table.sort.key, descending: this.table.sort.descending }),
      },
      groupOf,
    );
    this.element = make(
      "div",
      { className: "split", on: { keydown: (event) => this.key(event) } },
      make(
        "div",
        { className: "list" },
        make(
          "div",
          { className: "fields" },
          make("label", {}, "Find ", this.find),
          make("label", {}, "Role ", this.role),
          make("label", {}, "Verdict ", this.verdict),
          make(
            "details",
            { className: "menu" },
            make("summary", { className: "button" }, "Columns"),
            make("div", { className: "choices" }, ...this.ticks),
          ),
          this.tally,
        ),
        this.nothing,
        this.table.element,
        tableSheet("Matrices", this.table).element,
      ),
      this.matrix.element,
    );
  }

  update(model: Model, place: Place): void {
    const { matrices } = model;
    this.k = Math.min(place.k, Math.max(0, ...matrices.slice(0, 1).map((matrix) => matrix.gaussian.length - 1)));
    // While they come, thousands are put in order again with each tenth more.
    const more = model !== this.model || !model.busy || matrices.length >= this.matrices.length * MORE;
    const changed = more && matrices !== this.matrices;
    if (changed) this.matrices = matrices;
    this.model = model;
    const roles = changed
      ? [...new Set(matrices.map((matrix) => roleName(matrix.role)))].sort()
      : this.roles.split(",");
    if (roles.join() !== this.roles) {
      this.roles = roles.join();
      this.role.replaceChildren(
        make("option", { value: "" }, "any"),
        ...roles.map((role) => make("option", { value: role }, role)),
      );
    }
    if (this.find.value !== place.find && document.activeElement !== this.find) this.find.value = place.find;
    if (this.role.value !== place.role && (place.role === "" || roles.includes(place.role)))
      this.role.value = place.role;
    const { k } = this;
    const added = place.columns.split(",");
    for (const label of this.ticks) {
      const box = label.querySelector("input")!;
      box.checked = added.includes(box.value);
    }
    this.table.setColumns(tableColumns(model.matrices, k, added));
    this.table.sort = { key: place.sort, descending: place.descending };
    if (
      changed ||
      this.columnsShown !== place.columns ||
      this.kShown !== k ||
      this.sortShown !== place.sort + place.descending
    )
      this.apply();
    this.kShown = k;
    this.columnsShown = place.columns;
    this.sortShown = place.sort + place.descending;
    const found = place.matrix === "" ? undefined : matrices.find((matrix) => matrix.name === place.matrix);
    this.element.classList.toggle("open", found !== undefined);
    if (!found) {
      if (this.opened !== "") this.table.select(null);
      this.opened = "";
      this.matrix.hide();
    } else if (this.matrix.show(model, found, k)) {
      this.opened = found.name;
      this.table.select(found);
      this.matrix.focus();
    }
  }
  private kShown = -1;
  private columnsShown = "";
  private sortShown = "";

  private choose(): void {
    const chosen = this.ticks.map((label) => label.querySelector("input")!).filter(({ checked }) => checked);
    this.change({ columns: chosen.map(({ value }) => value).join(",") });
  }

  private clear(): void {
    this.find.value = this.role.value = this.verdict.value = "";
    this.filter();
    this.find.focus();
  }

  /** Escape closes what is open: first the menu, then the matrix. */
  private key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const menu = this.element.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary")!.focus();
    } else if (this.opened !== "") this.close();
    else return;
    event.preventDefault();
  }

  private close(): void {
    this.change({ matrix: "" });
    this.table.element.focus({ preventScroll: true });
  }

  private filter(): void {
    this.change({ find: this.find.value, role: this.role.value });
    this.apply();
  }

  private apply(): void {
    const text = this.find.value.toLowerCase();
    const role = this.role.value;
    const verdict = this.verdict.value;
    const { k } = this;
    this.table.setRows(
      this.matrices,
      (matrix) =>
        (text === "" || matrix.name.toLowerCase().includes(text)) &&
        (role === "" || roleName(matrix.role) === role) &&
        (verdict === "" || matrix.gaussian[k]?.verdict === verdict),
    );
    const shown = this.table.content.rows.filter((row) => !(row instanceof Heading)).length;
    this.nothing.hidden = shown > 0 || this.matrices.length === 0;
    this.tally.textContent =
      shown === this.matrices.length ? `${shown} matrices` : `${shown} of ${this.matrices.length} matrices`;
  }
}
