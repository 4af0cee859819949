import { printable } from "../../base/printable.js";
import { plural } from "../../report/format.js";
import { h, type Markup } from "../../report/html/markup.js";
import { bytes, count } from "../../report/html/numbers.js";
import { scrolling } from "../../report/html/tables.js";
import type { TensorInfo } from "../../types.js";
import { make, throttled } from "../dom.js";
import type { Place } from "../link.js";
import type { Header } from "../messages.js";
import type { Model } from "../model.js";
import { MOST_PRINTED, notPrinted, Sheet } from "../sheet.js";
import { type Branch, matching, TensorTree } from "../tensor-tree.js";
import { type TreeCells, VirtualTree } from "../tree.js";

/** Rows of a tree that nobody has opened yet, about. */
const ROWS = 30;
/** The same where a search has left a part of it. */
const FOUND = 200;
const EVERY = 400;

/** Stored tensors by their names, and what becomes of each: before any figure is there, and while they come. */
export class TensorsView {
  readonly element: HTMLElement;
  private readonly find = make("input", {
    type: "search",
    placeholder: "name, type, shape …",
    on: {
      input: () => this.build(),
      keydown: (event) => {
        if (event.key !== "ArrowDown") return;
        event.preventDefault();
        this.tree.element.focus();
      },
    },
  });
  private readonly tally = make("span", { className: "note", attributes: { role: "status" } });
  private readonly nothing = make("p", { className: "note", hidden: true }, "No tensor is left by this search.");
  private readonly tree: VirtualTree;
  private model: Model | null = null;
  private header: Header | null = null;
  private planned: unknown = null;
  private kept: readonly number[] = [];
  private readonly soon = throttled(() => this.tree.refresh(), EVERY);

  constructor(change: (part: Partial<Place>) => void) {
    this.tree = new VirtualTree("Tensors", "tensor-row", {
      cells: (branch) => this.cells(branch),
      open: ({ tensors: [place] }) => {
        const { first, count: matrices } = this.model?.plan?.tensors ?? { first: [], count: [] };
        const matrix = this.model?.at(first[place]);
        if (matrix) change({ view: "matrices", ...(matrices[place] === 1 ? {} : { find: "" }), matrix: matrix.name });
      },
    });
    this.element = make(
      "div",
      { className: "list" },
      make("div", { className: "fields" }, make("label", {}, "Find ", this.find), this.tally),
      this.nothing,
      this.tree.element,
      new Sheet(() => this.sheet()).listen().element,
    );
  }

  update(model: Model): void {
    const { header, plan } = model;
    this.model = model;
    if (header === null) return;
    // The plan says what is skipped, which can be searched for.
    const again = header !== this.header || (plan !== this.planned && this.find.value !== "");
    if (header !== this.header) this.find.value = "";
    this.header = header;
    this.planned = plan;
    if (again) this.build();
    else if (model.busy) this.soon();
    else this.tree.refresh();
  }

  private build(): void {
    const { tensors } = this.header ?? { tensors: [] };
    const kept = matching(tensors, this.find.value, (place) => this.skipped(place) ?? "");
    this.kept = kept;
    const tree = new TensorTree(tensors, kept);
    tree.openUntil(this.find.value.trim() === "" ? ROWS : FOUND);
    this.tree.setTree(tree);
    this.nothing.hidden = kept.length > 0 || tensors.length === 0;
    const all = plural(tensors.length, "tensor", "tensors");
    this.tally.textContent = kept.length === tensors.length ? all : `${count(kept.length)} of ${all}`;
  }

  /** On paper: those that the search has left. */
  private sheet(): Markup {
    const lines = this.kept.slice(0, MOST_PRINTED).map((place) => {
      const { name, dtype, shape, byteLength } = this.header!.tensors[place];
      const size = bytes(byteLength);
      return { cells: [printable(name), printable(dtype), shape.join(" × "), this.state(place).state, size] };
    });
    const heads = ["Tensor", "Type", "Shape", "What becomes of it", "Size"];
    return h("div", {}, scrolling("Tensors", heads, lines, 4), notPrinted(this.kept.length));
  }

  private cells(branch: Branch): TreeCells {
    const { tensors } = this.header!;
    const size = bytes(branch.tensors.reduce((sum, place) => sum + tensors[place].byteLength, 0));
    if (!branch.leaf) {
      const state = this.together(branch.tensors);
      return { shape: plural(branch.tensors.length, "tensor", "tensors"), type: "", bytes: size, where: "", ...state };
    }
    const [place] = branch.tensors;
    const tensor: TensorInfo = tensors[place];
    return {
      shape: tensor.shape.join(" × ") || "scalar",
      type: printable(tensor.dtype, 40),
      bytes: size,
      where: `at byte ${count(tensor.byteOffset)} of ${printable(tensor.file.replace(/^.*[/\\]/, ""))}`,
      ...this.state(place),
    };
  }

  /** Why a tensor is no matrix; null where it is one, or that is not known yet. */
  private skipped(place: number): string | null {
    const places = this.model?.plan?.tensors;
    if (!places || places.count[place] > 0) return null;
    return `skipped: ${places.reasons[places.reason[place]] ?? "the options leave it out"}`;
  }

  private state(place: number): Pick<TreeCells, "state" | "kind"> {
    const { model } = this;
    const places = model?.plan?.tensors;
    if (!model || !places) return { state: "", kind: "waiting" };
    const skipped = this.skipped(place);
    if (skipped !== null) return { state: printable(skipped, 300), kind: "none" };
    const matrices = places.count[place];
    const done = this.done(place);
    const of = matrices === 1 ? "" : ` ${count(matrices)} matrices`;
    if (done === matrices) return { state: `analysed${of && ` as${of}`}`, kind: "done" };
    if (model.report) return { state: `failed${this.failure(place)}`, kind: "none" };
    if (done > 0) return { state: `${count(done)} of${of}`, kind: "waiting" };
    return { state: model.busy ? "waiting" : "not reached", kind: "waiting" };
  }

  private failure(place: number): string {
    const { name } = this.header!.tensors[place];
    const found = this.model?.report?.summary.failed.find(
      (one) => one.name === name || one.name.startsWith(`${name}[`),
    );
    return found ? `: ${printable(found.reason, 300)}` : "";
  }

  /** How many of a tensor's matrices are done. */
  private done(place: number): number {
    const { first, count: matrices } = this.model!.plan!.tensors;
    let done = 0;
    for (let i = 0; i < matrices[place]; i++) if (this.model!.at(first[place] + i)) done++;
    return done;
  }

  private together(places: readonly number[]): Pick<TreeCells, "state" | "kind"> {
    const counted = this.model?.plan?.tensors;
    if (!counted) return { state: "", kind: "waiting" };
    let [done, skipped] = [0, 0];
    for (const place of places) {
      if (counted.count[place] === 0) skipped++;
      else if (this.done(place) === counted.count[place]) done++;
    }
    const wanted = places.length - skipped;
    const parts = [
      ...(wanted > 0
        ? [done === wanted ? `${count(done)} analysed` : `${count(done)} of ${count(wanted)} analysed`]
        : []),
      ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ];
    return { state: parts.join(", "), kind: done === wanted ? (wanted > 0 ? "done" : "none") : "waiting" };
  }
}
