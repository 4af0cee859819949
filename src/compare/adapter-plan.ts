import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import { type EncodedType, encodedSize } from "../checkpoint/encode.js";
import { safetensorsHeader, safetensorsLength, type WrittenTensor } from "../checkpoint/formats/safetensors-writer.js";
import type { ChangeFigures } from "../matrix/change/change.js";
import type { Factors, WantedRank } from "../matrix/change/factors.js";
import { totalOf } from "../spectra/ranks.js";
import type { AdapterOptions, AdapterReport, CompareReport } from "../types.js";
import { type Both, changesOf, checkedCompareOptions, reportFrom, vectorChanges } from "./compare.js";
import type { MatrixPair } from "./match.js";
import { adapterConfig, loraA, loraB, moduleOf, targetNames } from "./peft.js";
import type { FoundPair, FoundVector } from "./report.js";
import { type Rest, restOf } from "./rest.js";

/** The side whose names the adapter's modules have: GGUF's own are no modules. */
function namesOf({ base, tuned }: Both): "base" | "tuned" {
  if (tuned.checkpoint.format !== "gguf") return "tuned";
  if (base.checkpoint.format !== "gguf") return "base";
  throw new CheckpointError(
    "no-modules",
    `${printable(tuned.checkpoint.name)}: an adapter names modules of a model, and neither of two GGUF files has ` +
      "their names",
  );
}

/**
 * Whether a LoRA can hold what changed in the matrix: it is a linear map inside a layer.
 * @throws CheckpointError "fused-experts" for experts that are stacked in one tensor.
 */
function adaptable(pair: MatrixPair, names: "base" | "tuned"): boolean {
  const { layer, tensor, name } = pair[names];
  if (layer === null) return false;
  if (name !== tensor.name)
    throw new CheckpointError(
      "fused-experts",
      `${printable(tensor.file)}: tensor ${quoted(tensor.name)}: experts in one tensor, which a LoRA of ` +
        "PEFT's format has no module for; leave it out with --exclude",
      { tensor: tensor.name },
    );
  return tensor.shape.length === 2 && moduleOf(name) !== null;
}

/** A module with its factors, or what it takes to find them. */
interface Adapted {
  module: string;
  pair: MatrixPair;
  rank: number;
  factors: Factors | null;
}

/** Everything that is known before the first byte of the adapter is written. */
export interface AdapterPlan {
  rank: number;
  dtype: EncodedType;
  modules: Adapted[];
  rest: Rest;
  config: string;
  report: CompareReport;
}

/** Compares, and settles all that the adapter's header needs. */
export async function planAdapter(
  both: Both,
  options: AdapterOptions,
  { wanted, dtype }: { wanted: WantedRank; dtype: EncodedType },
): Promise<AdapterPlan> {
  const names = namesOf(both);
  const pairs = both.matched.matrices;
  if (options.rest && pairs.some(({ added }) => added))
    throw new RangeError("rest is of a tuned checkpoint: an adapter holds no modules whole");
  const held = pairs.map((pair) => adaptable(pair, names));
  const kept = new Map<number, Factors>();
  const ranks = new Map<number, number>();
  let room = checkedCompareOptions(options).memory;
  const take = (index: number, figures: ChangeFigures): ChangeFigures => {
    const { factors } = figures;
    if (!factors) return figures;
    ranks.set(index, factors.rank);
    room -= factors.left.byteLength + factors.right.byteLength;
    if (room >= 0) kept.set(index, factors);
    return { ...figures, factors: null };
  };
  const found = await changesOf(pairs, options, { factors: (index) => (held[index] ? wanted : null), take });
  const notFinite = found.find(({ figures }) => !figures.sums.finite);
  if (notFinite)
    throw new CheckpointError(
      "not-finite",
      `${printable(notFinite.pair.tuned.tensor.file)}: tensor ${quoted(notFinite.pair.shape.name)}: ` +
        "a value is not finite on one side",
      { tensor: notFinite.pair.shape.name },
    );
  const vectors = await vectorChanges(both, options.signal);
  const modules = found.flatMap(({ pair, figures }, index): Adapted[] => {
    const rank = ranks.get(index) ?? 0;
    if (figures.sums.changed === 0 || rank === 0) return [];
    return [{ module: moduleOf(pair[names].name)!, pair, rank, factors: kept.get(index) ?? null }];
  });
  const adapted = new Set(modules.map(({ module }) => module));
  const rest = restOf(both, names, { found, vectors, adapted, wanted: options.rest === true });
  if (modules.length === 0 && rest.saved.length === 0)
    throw new CheckpointError(
      "nothing-changed",
      `${printable(both.tuned.checkpoint.name)}: nothing changed that an adapter could hold`,
    );
  const rank = wanted.rank ?? modules.reduce((most, one) => Math.max(most, one.rank), 1);
  const allModules = both[names].matrices.flatMap(({ name }) => moduleOf(name) ?? []);
  const config = adapterConfig({
    rank,
    targets: targetNames(
      [...adapted],
      allModules.filter((module) => !adapted.has(module)),
    ),
    saved: [...new Set(rest.saved.map(({ module }) => module))].sort(),
    turned: modules.some(({ pair }) => pair[names].transposed),
  });
  const plan = { rank, dtype, modules, rest, config };
  const report = reportFrom(both, options, { found, vectors });
  return { ...plan, report: { ...report, adapter: reportOf(plan, options, { found, vectors }) } };
}

/** In the order of their bytes. */
export function tensorsOf({ rank, dtype, modules, rest }: Omit<AdapterPlan, "report">): WrittenTensor[] {
  const size = rank * encodedSize(dtype);
  return [
    ...modules.flatMap(({ module, pair: { shape } }) => [
      { name: loraA(module), dtype, shape: [rank, shape.columns], byteLength: size * shape.columns },
      { name: loraB(module), dtype, shape: [shape.rows, rank], byteLength: size * shape.rows },
    ]),
    ...rest.saved.map(({ name, shape, byteLength, ...saved }) => ({ name, dtype: saved.dtype, shape, byteLength })),
  ];
}

/** What the adapter holds and leaves out, as shares of ‖Δ‖² over matrices and vectors. */
function reportOf(
  plan: Omit<AdapterPlan, "report">,
  { factors = "bf16" }: AdapterOptions,
  { found, vectors }: { found: readonly FoundPair[]; vectors: readonly FoundVector[] },
): AdapterReport {
  const { rank, modules, rest } = plan;
  const changes = [...found.map(({ figures }) => figures.sums.change), ...vectors.map(({ change }) => change)];
  const all = changes.reduce((sum, change) => sum + change, 0);
  const byPair = new Map(found.map(({ pair, figures }) => [pair, figures]));
  let change = 0;
  let energy = 0;
  for (const { pair, rank: own } of modules) {
    const { squares, sums } = byPair.get(pair)!;
    change += sums.change;
    energy += (sums.change * totalOf(squares!.subarray(0, own))) / totalOf(squares!);
  }
  const tensors = tensorsOf(plan);
  const saved = rest.saved.reduce((sum, one) => sum + one.change, 0);
  return {
    rank,
    factors,
    modules: modules.length,
    parameters: modules.reduce((sum, { pair: { shape } }) => sum + rank * (shape.rows + shape.columns), 0),
    bytes: safetensorsLength(safetensorsHeader(tensors, { format: "pt" }), tensors),
    energy: change > 0 ? Math.min(1, energy / change) : 0,
    held: all > 0 ? Math.min(1, (energy + saved) / all) : 0,
    saved: rest.saved.filter((one) => one.change > 0).map(({ tensor }) => tensor),
    leftOut: rest.leftOut.map(({ name, change: own }) => ({ name, share: own / all })),
  };
}
