import { Random, seedFor } from "../base/random.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { SampleOptions } from "../types.js";

/** Of each kind of layer at least so many are drawn where the number allows it: one alone says nothing of a spread. */
const LEAST_OF_A_KIND = 2;
/** Steps between two layers among which the start is drawn. */
const STEPS = 1 << 20;

/** What a sample is drawn by. */
export type Drawable = Pick<StoredMatrix, "name" | "stack" | "layer" | "rows" | "columns">;

/** Layers of one stack that are alike, of which some were drawn. */
export interface LayerGroup {
  /** Layers there are. */
  of: number;
  /** What is measured in the drawn ones, times this, is what all have: by their weights. */
  expansion: number;
  /** Weights of each drawn layer, by depth. */
  parameters: number[];
}

/** The experts of one drawn layer. */
export interface ExpertGroup {
  group: number;
  layer: number;
  of: number;
  drawn: number;
}

/** Where a drawn matrix stands: its group, its layer there, and of an expert its place among the drawn ones. */
export interface DrawnPlace {
  group: number;
  layer: number;
  experts: number | null;
  expert: number;
}

/** Matrices drawn to stand for all: layers, and experts within them (docs/scale.md). */
export interface SampleDesign {
  places: ReadonlyMap<string, DrawnPlace>;
  groups: readonly LayerGroup[];
  experts: readonly ExpertGroup[];
  /** Layers drawn of each stack that was not taken whole. */
  layers: { stack: string; measured: number; of: number }[];
  /** Matrices there are, and their weights: of those that a filter keeps. */
  matrices: number;
  parameters: number;
}

/** How many matrices of the checkpoint a drawn one stands for. */
export function weightIn({ groups, experts }: SampleDesign, place: DrawnPlace): number {
  const among = place.experts === null ? 1 : experts[place.experts].of / experts[place.experts].drawn;
  return groups[place.group].expansion * among;
}

interface Layer {
  stack: string | null;
  layer: number | null;
  parameters: number;
  members: Drawable[];
}

/**
 * Every L/N-th layer of each stack from a seeded start, layers of other shapes apart, and seeded experts of each layer.
 * What is in no layer is taken whole. Null where nothing is left out.
 */
export function drawSample(
  matrices: readonly Drawable[],
  { layers: wanted = Infinity, experts: most = Infinity }: SampleOptions,
  seed: number,
): SampleDesign | null {
  const places = new Map<string, DrawnPlace>();
  const groups: LayerGroup[] = [];
  const experts: ExpertGroup[] = [];
  const layers: SampleDesign["layers"] = [];
  for (const [stack, own] of byStack(layersIn(matrices))) {
    let measured = 0;
    for (const [kind, { members, draw }] of allocated(own, wanted).entries()) {
      const drawn = everyNth(members, draw, seedFor(seed, `layers ${kind} of ${stack}`));
      const parameters = drawn.map((layer) => layer.parameters);
      groups.push({
        of: members.length,
        expansion: sum(members.map((one) => one.parameters)) / sum(parameters),
        parameters,
      });
      measured += drawn.length;
      for (const [at, layer] of drawn.entries())
        drawWithin(layer, { group: groups.length - 1, layer: at }, { places, experts, most, seed });
    }
    if (measured < own.length) layers.push({ stack: stack ?? "", measured, of: own.length });
  }
  if (places.size === matrices.length) return null;
  return { places, groups, experts, layers, matrices: matrices.length, parameters: sum(matrices.map(weightsOf)) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const weightsOf = ({ rows, columns }: Drawable): number => rows * columns;

/** The layers of each stack by depth; what is in none is a layer of its own. */
function layersIn(matrices: readonly Drawable[]): Layer[] {
  const layers = new Map<string, Layer>();
  for (const matrix of matrices) {
    const { stack, layer } = matrix;
    const key = layer === null ? "" : `${layer} of ${stack}`;
    const found = layers.get(key) ?? {
      stack: layer === null ? null : (stack ?? ""),
      layer,
      parameters: 0,
      members: [],
    };
    found.members.push(matrix);
    found.parameters += weightsOf(matrix);
    layers.set(key, found);
  }
  return [...layers.values()].sort((a, b) => (a.layer ?? 0) - (b.layer ?? 0));
}

function byStack(layers: readonly Layer[]): Map<string | null, Layer[]> {
  const stacks = new Map<string | null, Layer[]>();
  for (const layer of layers) {
    const own = stacks.get(layer.stack);
    if (own) own.push(layer);
    else stacks.set(layer.stack, [layer]);
  }
  return stacks;
}

/** Layers with matrices of the same names, but for their numbers, and shapes are of one kind. */
function kindOf({ members }: Layer): string {
  const counts = new Map<string, number>();
  for (const { name, rows, columns } of members) {
    const key = `${name.replace(/\d+/g, "#")} ${rows} ${columns}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return JSON.stringify([...counts].sort());
}

/** The kinds of a stack's layers, and how many of each are drawn: `wanted` in all, in proportion. */
function allocated(layers: Layer[], wanted: number): { members: Layer[]; draw: number }[] {
  if (wanted >= layers.length) return [{ members: layers, draw: layers.length }];
  const kinds = new Map<string, Layer[]>();
  for (const layer of layers) {
    const kind = kindOf(layer);
    const own = kinds.get(kind);
    if (own) own.push(layer);
    else kinds.set(kind, [layer]);
  }
  const found = [...kinds.values()].map((members) => ({
    members,
    draw: Math.min(members.length, LEAST_OF_A_KIND, wanted),
  }));
  let left = wanted - sum(found.map(({ draw }) => draw));
  // So many kinds that not all can be drawn from: as one, whose layers differ in size.
  if (left < 0) return [{ members: layers, draw: wanted }];
  const due = ({ members, draw }: (typeof found)[number]): number =>
    draw < members.length ? members.length / (draw + 0.5) : 0;
  for (; left > 0; left--) found.reduce((best, one) => (due(one) > due(best) ? one : best)).draw++;
  return found;
}

/** Systematic sampling: each member is drawn as likely as any other, and those drawn lie evenly. */
function everyNth<T>(members: readonly T[], draw: number, seed: number): T[] {
  if (draw >= members.length) return [...members];
  const start = new Random(seed).below(STEPS);
  return Array.from(
    { length: draw },
    (_, i) => members[Math.floor(((start + i * STEPS) * members.length) / (draw * STEPS))],
  );
}

const SLICE = /\[(\d+(?:,\d+)*)\]$/;
/** Words lie between separators, the underscore among them: linear in a name of any length. */
const EXPERT = /^(.*(?:^|[._/])(?:[^\W_]*experts?|switch_mlp)[._/](?:experts?_)?)(\d+)(?=[._/]|$)/;

/** Which of which experts a matrix is of; null for what every token passes. */
function expertOf(name: string): { of: string; expert: string } | null {
  const slice = SLICE.exec(name);
  if (slice) return { of: "slices", expert: slice[1] };
  const numbered = EXPERT.exec(name);
  return numbered && { of: numbered[1], expert: numbered[2] };
}

/** Places of what is drawn in one layer: seeded experts without replacement, everything else. */
function drawWithin(
  { stack, layer, members }: Layer,
  at: Pick<DrawnPlace, "group" | "layer">,
  {
    places,
    experts,
    most,
    seed,
  }: { places: Map<string, DrawnPlace>; experts: ExpertGroup[]; most: number; seed: number },
): void {
  const groups = new Map<string, Map<string, Drawable[]>>();
  for (const matrix of members) {
    const found = expertOf(matrix.name);
    if (!found) {
      places.set(matrix.name, { ...at, experts: null, expert: 0 });
      continue;
    }
    const group = groups.get(found.of) ?? new Map<string, Drawable[]>();
    groups.set(found.of, group);
    group.set(found.expert, [...(group.get(found.expert) ?? []), matrix]);
  }
  for (const [of, group] of groups) {
    const all = [...group.values()];
    const drawn = Math.min(most, all.length);
    const order =
      drawn < all.length
        ? new Random(seedFor(seed, `experts ${of} ${layer} of ${stack}`)).permutation(all.length).slice(0, drawn).sort()
        : all.keys();
    experts.push({ ...at, of: all.length, drawn });
    for (const [expert, place] of [...order].entries())
      for (const { name } of all[place]) places.set(name, { ...at, experts: experts.length - 1, expert });
  }
}
