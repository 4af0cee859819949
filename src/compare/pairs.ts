import { layerOf, roleOf, stackOf } from "../checkpoint/names.js";

/** What pairing needs to know of a matrix or a vector. */
export interface Named {
  name: string;
  rows: number;
  columns: number;
}

/** Places in the two lists. */
export type Pair = readonly [base: number, tuned: number];

/** Which of the base goes with which of the tuned side, by their places in the two lists. */
export interface Pairing {
  pairs: Pair[];
  /** The same name, another shape. */
  mismatched: Pair[];
  unmatchedBase: number[];
  unmatchedTuned: number[];
}

/** Prefixes that one and the same model has or lacks, depending on who saved it. */
const WRAPPERS = /^(?:base_model\.model\.|module\.|_orig_mod\.|model\.|transformer\.|language_model\.|gpt_neox\.)+/;

/** Vectors of a layer that each scheme calls differently. */
const NORMS: Readonly<Record<string, string>> = {
  attn_norm: "norm before attention",
  input_layernorm: "norm before attention",
  ln_1: "norm before attention",
  attention_norm: "norm before attention",
  ffn_norm: "norm before mlp",
  post_attention_layernorm: "norm before mlp",
  pre_feedforward_layernorm: "norm before mlp",
  ln_2: "norm before mlp",
  output_norm: "last norm",
  norm: "last norm",
  ln_f: "last norm",
  final_layernorm: "last norm",
  final_layer_norm: "last norm",
};

const withoutWrappers = (name: string): string => name.replace(WRAPPERS, "");

/**
 * What a tensor does, the same in every naming scheme: its place, its role or norm, and its shape; null where the name
 * says neither.
 */
function likeness({ name, rows, columns }: Named): string | null {
  const slice = /\[[\d,]+\]$/.exec(name)?.[0] ?? "";
  const whole = name.slice(0, name.length - slice.length);
  const parts = whole.split(/[./]/);
  const last = parts.at(-1) ?? "";
  const owner = parts.at(-2) ?? "";
  const kind =
    roleOf(/^bias$/.test(last) ? `${parts.slice(0, -1).join(".")}.weight` : whole) ??
    NORMS[owner.toLowerCase()] ??
    null;
  if (kind === null || kind.startsWith("other:")) return null;
  return JSON.stringify([layerOf(whole), kind, /^bias$/.test(last), slice, rows, columns]);
}

/** Stacks of one checkpoint: an encoder and a decoder number their layers alike, so likeness alone would mix them. */
const stackOfPlace = ({ name }: Named): string => withoutWrappers(stackOf(name) ?? "");

/**
 * Pairs by name; then by name without the wrappers that savers add; then by layer, role and shape where that says one
 * on each side. Nothing is paired by its values. Pairs are in the order of `tuned`.
 */
export function pairUp(base: readonly Named[], tuned: readonly Named[]): Pairing {
  const partner = new Map<number, number>();
  const taken = new Set<number>();
  const mismatched: Pair[] = [];
  const pairBy = (keyOf: (named: Named) => string | null): void => {
    const places = uniqueBy(base, keyOf, (i) => !taken.has(i));
    for (const [key, j] of uniqueBy(tuned, keyOf, (place) => !partner.has(place))) {
      const i = places.get(key);
      if (i === undefined || i === null || j === null) continue;
      partner.set(j, i);
      taken.add(i);
    }
  };
  pairBy(({ name }) => name);
  pairBy(({ name }) => withoutWrappers(name));
  pairBy((named) => {
    const alike = likeness(named);
    return alike === null ? null : `${stackOfPlace(named)} ${alike}`;
  });
  pairBy(likeness);
  for (const [j, i] of [...partner]) {
    if (base[i].rows === tuned[j].rows && base[i].columns === tuned[j].columns) continue;
    mismatched.push([i, j]);
    partner.delete(j);
  }
  const apart = new Set(mismatched.map(([, j]) => j));
  return {
    pairs: [...partner].map(([j, i]): Pair => [i, j]).sort((a, b) => a[1] - b[1]),
    mismatched,
    unmatchedBase: [...base.keys()].filter((i) => !taken.has(i)),
    unmatchedTuned: [...tuned.keys()].filter((j) => !partner.has(j) && !apart.has(j)),
  };
}

/** Places by key; null where a key is had by several. */
function uniqueBy(
  list: readonly Named[],
  keyOf: (named: Named) => string | null,
  wanted: (place: number) => boolean,
): Map<string, number | null> {
  const places = new Map<string, number | null>();
  list.forEach((named, place) => {
    const key = wanted(place) ? keyOf(named) : null;
    if (key !== null) places.set(key, places.has(key) ? null : place);
  });
  return places;
}
