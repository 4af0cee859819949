import { quoted } from "../../base/printable.js";
import { IMPORTANCE } from "./buffers.js";
import type { Aside, Assembled } from "./recognise.js";

/** What a report says of a checkpoint's tensors before its figures: adapters, what is left alone, what is no model. */
export const meaningNotes = (
  assembled: ReadonlyMap<string, Assembled>,
  asides: ReadonlyMap<string, Aside>,
  patterns: readonly string[],
): string[] => [
  ...adapterNotes(assembled),
  ...patterns.map(
    (key) => `alpha_pattern ${quoted(key, 80)} is not followed: scales of what it names are lora_alpha's`,
  ),
  ...unreadNotes(asides),
  ...importanceNotes(asides),
];

const several = (many: number): string => `${count(many)} ${many === 1 ? "matrix is" : "matrices are"}`;

function adapterNotes(assembled: ReadonlyMap<string, Assembled>): string[] {
  const adapters = [...assembled.values()].filter(({ recipe }) => recipe.kind === "low-rank");
  if (adapters.length === 0) return [];
  const dora = adapters.filter(({ parts }) => parts.some((part) => /lora_magnitude_vector|dora_scale/.test(part)));
  return [
    `an adapter: ${several(adapters.length)} scale · B · A, the change of a base that is not in it`,
    ...(dora.length > 0
      ? [`DoRA's magnitudes of ${several(dora.length).replace(/ (?:is|are)$/, "")} are not applied`]
      : []),
  ];
}

const count = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");

/** One line for each family that is left alone. */
function unreadNotes(asides: ReadonlyMap<string, Aside>): string[] {
  const families = new Map<string, { tensors: number; weights: number; unknown: number }>();
  for (const { kind, reason, weights } of asides.values()) {
    if (kind !== "unread") continue;
    const sum = families.get(reason) ?? { tensors: 0, weights: 0, unknown: 0 };
    families.set(reason, {
      tensors: sum.tensors + 1,
      weights: sum.weights + (weights ?? 0),
      unknown: sum.unknown + (weights === null ? 1 : 0),
    });
  }
  return [...families].map(([reason, { tensors, weights, unknown }]) => {
    const known = unknown < tensors ? ` of ${count(weights)} weights` : "";
    const rest = unknown > 0 && unknown < tensors ? ` and of an unknown number in ${count(unknown)}` : "";
    return `${reason}: ${count(tensors)} ${tensors === 1 ? "matrix" : "matrices"}${known}${rest} left out`;
  });
}

function importanceNotes(asides: ReadonlyMap<string, Aside>): string[] {
  const sums = [...asides.values()].filter(({ reason }) => reason === IMPORTANCE).length;
  return sums === 0 ? [] : [`${count(sums)} tensors are an importance matrix: sums over activations, and no weights`];
}
