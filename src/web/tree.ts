import { printable } from "../base/printable.js";
import { make, whenResized } from "./dom.js";
import { RowsInSight, type Slot } from "./rows-in-sight.js";
import type { Branch, TensorTree } from "./tensor-tree.js";

/** What stands in a row beside its name. */
export interface TreeCells {
  shape: string;
  type: string;
  bytes: string;
  state: string;
  /** For the one who points at it. */
  where: string;
  /** A class for the state: what there is to look at stands out. */
  kind: "done" | "waiting" | "none";
}

/** Height of a row (px) where its cells stand beside each other, and where they stand in two lines. */
const ROW = 30;
const TWO_LINES = 50;
/** Below this width (px) they do. */
const NARROW = 700;
const CELLS = ["shape", "type", "bytes", "state"] as const;

interface TreeRow extends Slot<Branch> {
  twist: HTMLElement;
  name: HTMLElement;
  cells: HTMLElement[];
}

/**
 * A tree of any number of tensors, of which only the rows in sight are in the document. Arrow keys walk, open and
 * close it, Enter opens what a name stands for.
 */
export class VirtualTree {
  readonly element: HTMLElement;
  private readonly body = make("div", { className: "body", attributes: { role: "none" } });
  private tree: TensorTree | null = null;
  private readonly list: RowsInSight<Branch, TreeRow>;

  constructor(
    label: string,
    id: string,
    private readonly events: { cells(branch: Branch): TreeCells; open(branch: Branch): void },
  ) {
    this.element = make(
      "div",
      {
        className: "tree",
        tabIndex: 0,
        attributes: { role: "tree", "aria-label": label },
        on: { keydown: (event) => this.key(event) },
      },
      this.body,
    );
    this.list = new RowsInSight(this.element, this.body, id, {
      height: () => this.height,
      covered: 0,
      create: newRow,
      fill: (slot, branch) => this.fill(slot, branch),
    });
    this.body.addEventListener("click", (event) => {
      const at = Number((event.target as Element).closest<HTMLElement>("[data-at]")?.dataset.at ?? -1);
      const branch = this.list.rows[at];
      if (!branch) return;
      this.list.active = at;
      this.enter(branch);
      this.list.later();
    });
    whenResized(this.element, () => this.element.classList.toggle("narrow", this.isNarrow));
  }

  setTree(tree: TensorTree): void {
    this.tree = tree;
    this.list.rows = tree.rows();
    this.list.active = -1;
    this.element.scrollTop = 0;
    this.refresh();
  }

  /** Writes the rows in sight anew: what becomes of tensors changes while they are worked on. */
  refresh(): void {
    this.list.refresh();
  }

  private get height(): number {
    return this.isNarrow ? TWO_LINES : ROW;
  }

  private get isNarrow(): boolean {
    return this.element.clientWidth < NARROW;
  }

  private enter(branch: Branch): void {
    if (branch.leaf) this.events.open(branch);
    else this.turn(branch, !branch.open);
  }

  private fill({ element, twist, name, cells }: TreeRow, branch: Branch): void {
    const content = this.events.cells(branch);
    element.style.setProperty("--level", String(Math.min(12, branch.level - 1)));
    element.setAttribute("aria-level", String(branch.level));
    element.setAttribute("aria-posinset", String(branch.position));
    element.setAttribute("aria-setsize", String(branch.beside));
    if (branch.leaf) element.removeAttribute("aria-expanded");
    else element.setAttribute("aria-expanded", String(branch.open));
    twist.textContent = branch.leaf ? "" : branch.open ? "▾" : "▸";
    name.textContent = printable(branch.leaf ? branch.label : branch.label.replace(/[./]$/, ""));
    element.title = [printable(branch.path), content.state, content.where].filter(Boolean).join("\n");
    cells.forEach((cell, i) => {
      cell.textContent = content[CELLS[i]];
    });
    element.classList.toggle("leaf", branch.leaf);
    cells[3].dataset.kind = content.kind;
  }

  private turn(branch: Branch, open: boolean): void {
    if (branch.leaf || branch.open === open || !this.tree) return;
    branch.open = open;
    const { rows } = this.list;
    const at = rows.indexOf(branch);
    if (open)
      this.list.rows = [...rows.slice(0, at + 1), ...this.tree.rows(this.tree.below(branch)), ...rows.slice(at + 1)];
    else {
      let end = at + 1;
      while (end < rows.length && rows[end].level > branch.level) end++;
      this.list.rows = [...rows.slice(0, at + 1), ...rows.slice(end)];
    }
    this.refresh();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { list } = this;
    const branch = list.rows[list.active];
    if (!list.walk(event.key)) {
      if (!branch) return;
      if (event.key === "ArrowRight") {
        if (branch.open) list.activate(list.active + 1);
        else this.turn(branch, true);
      } else if (event.key === "ArrowLeft") {
        if (branch.open) this.turn(branch, false);
        else if (branch.above) list.activate(list.rows.indexOf(branch.above));
      } else if (event.key === "Enter" || event.key === " ") this.enter(branch);
      else return;
    }
    event.preventDefault();
  }
}

function newRow(id: string): TreeRow {
  const twist = make("span", { className: "twist", ariaHidden: "true" });
  const name = make("span", { className: "name" });
  const cells = CELLS.map((key) => make("span", { className: key }));
  const path = make("span", { className: "path" }, twist, name);
  const element = make("div", { className: "row", id, attributes: { role: "treeitem" } }, path, ...cells);
  return { element, twist, name, cells, shows: null, at: -1 };
}
