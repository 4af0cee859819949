import type { TensorInfo } from "../types.js";
import { sorted } from "./natural-order.js";

/** Tensors whose names begin alike, or one tensor; what stands under it is made when it is first opened. */
export interface Branch {
  /** What its names add to the branch above: "layers." or "0.mlp.up_proj.weight". */
  label: string;
  /** The whole beginning that its names have; of a single tensor the name. */
  path: string;
  /** From 1 on. */
  level: number;
  above: Branch | null;
  /** Places of its tensors in the header. */
  tensors: readonly number[];
  /** Whether it is one tensor, and none stands under it. */
  leaf: boolean;
  open: boolean;
  below: Branch[] | null;
  /** Its place among those beside it, from 1 on, and how many they are. */
  position: number;
  beside: number;
}

/** Where a step of a path ends: after the next point or slash, or with the name. */
function stepEnd(name: string, from: number): number {
  for (let at = from; at < name.length - 1; at++) if (name[at] === "." || name[at] === "/") return at + 1;
  return name.length;
}

/** The names of a checkpoint as a tree. A beginning that all have in common is one step, however long. */
export class TensorTree {
  readonly top: Branch[];

  /** @param kept places of the tensors that are shown */
  constructor(
    private readonly tensors: readonly TensorInfo[],
    kept: readonly number[],
  ) {
    this.top = this.split(kept, "", null);
  }

  /** What stands under a branch. */
  below(branch: Branch): Branch[] {
    if (branch.leaf) return [];
    branch.below ??= this.split(branch.tensors, branch.path, branch);
    return branch.below;
  }

  /** The branches that are in sight, each before what stands under it. */
  rows(branches: readonly Branch[] = this.top): Branch[] {
    const all: Branch[] = [];
    const put = (branch: Branch): void => {
      all.push(branch);
      if (branch.open) this.below(branch).forEach(put);
    };
    branches.forEach(put);
    return all;
  }

  /** Opens the branches level by level, as long as no more than `most` rows come of it. */
  openUntil(most: number): void {
    let level = this.top.filter(({ leaf }) => !leaf);
    let shown = this.top.length;
    while (level.length > 0) {
      const next: Branch[] = [];
      for (const branch of level) {
        if (shown >= most) break;
        const below = this.below(branch);
        if (shown + below.length > most) continue;
        branch.open = true;
        shown += below.length;
        next.push(...below.filter(({ leaf }) => !leaf));
      }
      level = next;
    }
  }

  private split(places: readonly number[], path: string, above: Branch | null): Branch[] {
    const groups = new Map<string, number[]>();
    for (const place of places) {
      const { name } = this.tensors[place];
      const step = name.slice(path.length, stepEnd(name, path.length));
      const found = groups.get(step);
      if (found) found.push(place);
      else groups.set(step, [place]);
    }
    const steps = sorted([...groups], ([step]) => step, false);
    return steps.map(([step, inside], i): Branch => {
      const whole = this.common(inside, path.length + step.length);
      return {
        label: whole.slice(path.length),
        path: whole,
        level: (above?.level ?? 0) + 1,
        above,
        tensors: inside,
        leaf: inside.length === 1,
        open: false,
        below: null,
        position: i + 1,
        beside: steps.length,
      };
    });
  }

  /** The beginning that names have in common, in whole steps; it is known to be `from` characters long at least. */
  private common(places: readonly number[], from: number): string {
    const { name } = this.tensors[places[0]];
    if (places.length === 1) return name;
    let end = from;
    while (end < name.length) {
      const next = stepEnd(name, end);
      const step = name.slice(end, next);
      if (next === name.length || !places.every((place) => this.tensors[place].name.startsWith(step, end))) break;
      end = next;
    }
    return name.slice(0, end);
  }
}

/** Places of the tensors in whose name, type, shape or remark every word occurs. */
export function matching(
  tensors: readonly TensorInfo[],
  words: string,
  remark: (place: number) => string = () => "",
): number[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...tensors.keys()];
  if (wanted.length === 0) return all;
  return all.filter((place) => {
    const { name, dtype, shape } = tensors[place];
    const text = `${name}\n${dtype}\n${shape.join("×")}\n${remark(place)}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
