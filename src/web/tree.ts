import { printable } from "../base/printable.js";
import { make, whenResized } from "./dom.js";
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
const BEYOND = 8;
const CELLS = ["shape", "type", "bytes", "state"] as const;

interface Slot {
  element: HTMLElement;
  twist: HTMLElement;
  name: HTMLElement;
  cells: HTMLElement[];
  shows: Branch | null;
}

/**
 * A tree of any number of tensors, of which only the rows in sight are in the document. Arrow keys walk, open and
 * close it, Enter opens what a name stands for.
 */
export class VirtualTree {
  readonly element: HTMLElement;
  private readonly body = make("div", { className: "body", attributes: { role: "none" } });
  private tree: TensorTree | null = null;
  private rows: Branch[] = [];
  private slots: Slot[] = [];
  private active = -1;
  private frame = 0;

  constructor(
    label: string,
    private readonly id: string,
    private readonly events: { cells(branch: Branch): TreeCells; open(branch: Branch): void },
  ) {
    this.element = make(
      "div",
      {
        className: "tree",
        tabIndex: 0,
        attributes: { role: "tree", "aria-label": label },
        on: { keydown: (event) => this.key(event), scroll: () => this.later(), focus: () => this.focused() },
      },
      this.body,
    );
    this.body.addEventListener("click", (event) => {
      const at = Number((event.target as Element).closest<HTMLElement>("[data-at]")?.dataset.at ?? -1);
      const branch = this.rows[at];
      if (!branch) return;
      this.active = at;
      if (branch.leaf) this.events.open(branch);
      else this.turn(branch, !branch.open);
      this.later();
    });
    whenResized(this.element, () => this.later());
  }

  setTree(tree: TensorTree): void {
    this.tree = tree;
    this.rows = tree.rows();
    this.active = -1;
    this.element.scrollTop = 0;
    this.refresh();
  }

  /** Writes the rows in sight anew: what becomes of tensors changes while they are worked on. */
  refresh(): void {
    for (const slot of this.slots) slot.shows = null;
    this.later();
  }

  private get height(): number {
    return this.element.clientWidth < NARROW ? TWO_LINES : ROW;
  }

  private later(): void {
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
  }

  private draw(): void {
    const { height, element, rows } = this;
    element.classList.toggle("narrow", height === TWO_LINES);
    this.body.style.height = `${rows.length * height}px`;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - BEYOND);
    const inSight = Math.ceil(element.clientHeight / height) + 2 * BEYOND;
    const last = Math.min(rows.length, first + inSight);
    while (this.slots.length < Math.min(inSight, rows.length)) this.slots.push(this.newSlot());
    const used = new Set<number>();
    for (let at = first; at < last; at++) {
      const slot = this.slots[at % this.slots.length];
      used.add(at % this.slots.length);
      if (slot.shows !== rows[at]) this.fill(slot, rows[at]);
      slot.element.dataset.at = String(at);
      slot.element.style.transform = `translateY(${at * height}px)`;
      slot.element.classList.toggle("active", at === this.active);
    }
    this.slots.forEach((slot, i) => {
      slot.element.hidden = !used.has(i);
    });
    if (this.active >= first && this.active < last)
      element.setAttribute("aria-activedescendant", `${this.id}-${this.active % this.slots.length}`);
    else element.removeAttribute("aria-activedescendant");
  }

  private newSlot(): Slot {
    const twist = make("span", { className: "twist", ariaHidden: "true" });
    const name = make("span", { className: "name" });
    const cells = CELLS.map((key) => make("span", { className: key }));
    const element = make(
      "div",
      { className: "row", id: `${this.id}-${this.slots.length}`, attributes: { role: "treeitem" } },
      make("span", { className: "path" }, twist, name),
      ...cells,
    );
    this.body.append(element);
    return { element, twist, name, cells, shows: null };
  }

  private fill(slot: Slot, branch: Branch): void {
    const { element, twist, name, cells } = slot;
    slot.shows = branch;
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
    const at = this.rows.indexOf(branch);
    if (open)
      this.rows = [
        ...this.rows.slice(0, at + 1),
        ...this.tree.rows(this.tree.below(branch)),
        ...this.rows.slice(at + 1),
      ];
    else {
      let end = at + 1;
      while (end < this.rows.length && this.rows[end].level > branch.level) end++;
      this.rows = [...this.rows.slice(0, at + 1), ...this.rows.slice(end)];
    }
    this.refresh();
  }

  private focused(): void {
    if (this.active < 0 && this.rows.length > 0) this.activate(Math.ceil(this.element.scrollTop / this.height));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const branch = this.rows[this.active];
    if (event.key in steps) this.activate(this.active + steps[event.key]);
    else if (!branch) return;
    else if (event.key === "ArrowRight") {
      if (branch.open) this.activate(this.active + 1);
      else this.turn(branch, true);
    } else if (event.key === "ArrowLeft") {
      if (branch.open) this.turn(branch, false);
      else if (branch.above) this.activate(this.rows.indexOf(branch.above));
    } else if (event.key === "Enter" || event.key === " ") {
      if (branch.leaf) this.events.open(branch);
      else this.turn(branch, !branch.open);
    } else return;
    event.preventDefault();
  }

  private activate(to: number): void {
    if (this.rows.length === 0) return;
    this.active = Math.min(this.rows.length - 1, Math.max(0, to));
    const { element, height } = this;
    const top = this.active * height;
    const inSight = element.clientHeight - height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + inSight) element.scrollTop = top - inSight;
    this.later();
  }
}
