import { columns } from "../../report/html/columns.js";
import { roleName } from "../../report/html/roles.js";
import type { MatrixReport } from "../../types.js";
import { make } from "../dom.js";
import type { Place } from "../link.js";
import type { Model } from "../model.js";
import { VirtualTable } from "../table.js";
import { MatrixView } from "./matrix.js";

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
  private readonly tally = make("span", { className: "note", attributes: { role: "status" } });
  private readonly table: VirtualTable<MatrixReport>;
  private readonly matrix = new MatrixView(() => this.change({ matrix: "" }));
  private matrices: readonly MatrixReport[] = [];
  private roles = "";
  private k = 0;
  private opened = "";

  constructor(private readonly change: (part: Partial<Place>) => void) {
    this.table = new VirtualTable("Matrices", "matrix-row", {
      open: (matrix) => this.change({ matrix: matrix.name }),
      sorted: () => this.change({ sort: this.table.sort.key, descending: this.table.sort.descending }),
    });
    this.element = make(
      "div",
      { className: "split" },
      make(
        "div",
        { className: "list" },
        make(
          "div",
          { className: "fields" },
          make("label", {}, "Find ", this.find),
          make("label", {}, "Role ", this.role),
          make("label", {}, "Verdict ", this.verdict),
          this.tally,
        ),
        this.table.element,
      ),
      this.matrix.element,
    );
  }

  update(model: Model, place: Place): void {
    const { matrices } = model;
    const roles = [...new Set(matrices.map((matrix) => roleName(matrix.role)))].sort();
    this.k = Math.min(place.k, Math.max(0, ...matrices.slice(0, 1).map((matrix) => matrix.gaussian.length - 1)));
    const changed = matrices !== this.matrices;
    this.matrices = matrices;
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
    this.table.setColumns(
      columns.map((column) => ({
        ...column,
        value: (matrix: MatrixReport) => column.value(matrix, k),
        text: (matrix: MatrixReport) => column.text(matrix, k),
      })),
    );
    this.table.sort = { key: place.sort, descending: place.descending };
    if (changed || this.kShown !== k || this.sortShown !== place.sort + place.descending) this.apply();
    this.kShown = k;
    this.sortShown = place.sort + place.descending;
    const found = place.matrix === "" ? undefined : matrices.find((matrix) => matrix.name === place.matrix);
    this.element.classList.toggle("open", found !== undefined);
    if (!found) {
      if (this.opened !== "") this.table.select(null);
      this.opened = "";
      this.matrix.hide();
    } else if (this.matrix.show(model, found)) {
      this.opened = found.name;
      this.table.select(found);
      this.matrix.focus();
    }
  }
  private kShown = -1;
  private sortShown = "";

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
    const shown = this.table.shownRows.length;
    this.tally.textContent =
      shown === this.matrices.length ? `${shown} matrices` : `${shown} of ${this.matrices.length} matrices`;
  }
}
