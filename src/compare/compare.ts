import { DEFAULT_MEMORY } from "../analyze/options.js";
import { ProgressMeter } from "../analyze/progress.js";
import { chosenOf, type Names } from "../base/arguments.js";
import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import { asRawCheckpoint, isCheckpoint } from "../checkpoint/adapted.js";
import type { RawCheckpoint, TensorPart } from "../checkpoint/checkpoint.js";
import { openRaw } from "../checkpoint/open.js";
import type { ChangeFigures } from "../matrix/change/change.js";
import type { WantedRank } from "../matrix/change/factors.js";
import { addDifference, noSums } from "../matrix/change/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { Checkpoint, CheckpointInput, CompareOptions, CompareReport } from "../types.js";
import { type Matched, type MatrixPair, match, type VectorPair } from "./match.js";
import { type FoundPair, type FoundVector, figuresOf } from "./report.js";
import { dearestFirst, runChanges } from "./run.js";
import { readElements, type Side, type StoredVector, sideOf } from "./side.js";

/** Both sides open, planned and matched. Closed again are those that were opened here. */
export interface Both {
  base: Side;
  tuned: Side;
  matched: Matched;
  close(): Promise<void>;
}

/**
 * Opens both sides, pairs their matrices and vectors, and tells their sources the order in which they will be read.
 * Throws CheckpointError with the side's own code, or where nothing is in common.
 */
export async function openBoth(
  base: CheckpointInput | Checkpoint,
  tuned: CheckpointInput | Checkpoint,
  options: CompareOptions,
): Promise<Both> {
  const { signal } = options;
  const opened: RawCheckpoint[] = [];
  const open = async (input: CheckpointInput | Checkpoint): Promise<Side> => {
    if (isCheckpoint(input)) return sideOf(asRawCheckpoint(input), signal);
    const checkpoint = await openRaw(input, { signal });
    opened.push(checkpoint);
    return sideOf(checkpoint, signal);
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((checkpoint) => checkpoint.close()));
  };
  try {
    const sides = [await open(base), await open(tuned)];
    const matched = match(sides[0], sides[1], options, signal);
    const budget = Math.floor((options.memory ?? DEFAULT_MEMORY) / 8);
    const inOrder = [...matched.matrices].sort(dearestFirst);
    for (const side of ["base", "tuned"] as const)
      sides[side === "base" ? 0 : 1].checkpoint.expect(
        [...inOrder.map((pair) => partOf(pair[side])), ...matched.vectors.map((pair) => wholeOf(pair[side]))],
        budget,
      );
    return { base: sides[0], tuned: sides[1], matched, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const partOf = ({ tensor, byteStart, byteLength }: StoredMatrix): TensorPart => ({
  tensor,
  start: byteStart,
  end: byteStart + byteLength,
});
const wholeOf = ({ tensor }: StoredVector): TensorPart => ({ tensor, start: 0, end: tensor.byteLength });

function whole(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number from ${least}, not ${value}`);
  return value;
}

/** Defaults filled in. @throws RangeError naming the option that is out of range. */
export function checkedCompareOptions({ threads = 1, memory = DEFAULT_MEMORY, seed = 1 }: CompareOptions): {
  threads: number;
  memory: number;
  seed: number;
} {
  if (!(memory > 0)) throw new RangeError(`memory must be above 0 bytes, not ${memory}`);
  if (!Number.isFinite(seed)) throw new RangeError(`seed must be a number, not ${seed}`);
  return { threads: whole("threads", threads, 1), memory, seed };
}

/**
 * What changed from `base` to `tuned`, matrix by matrix (docs/method.md §10): both read once and in step, of any
 * format. The same weights and options give the same report, byte for byte, whatever `threads` and `memory`.
 * @throws CheckpointError where an input is malformed, and "nothing-matches" where no matrix of the one is in the
 * other; RangeError where an option is out of range or `memory` is less than the least that would do; the signal's
 * reason where it aborts.
 */
export async function compare(
  base: CheckpointInput | Checkpoint,
  tuned: CheckpointInput | Checkpoint,
  given: CompareOptions = {},
): Promise<CompareReport> {
  const options = chosenOf(given, COMPARE);
  checkedCompareOptions(options);
  options.signal?.throwIfAborted();
  const both = await openBoth(base, tuned, options);
  try {
    return await reportOf(both, options);
  } finally {
    await both.close();
  }
}

/** The names of `CompareOptions`. */
export const COMPARE = {
  ...{ include: 1, exclude: 1, threads: 1, memory: 1, seed: 1, module: 1, workerUrl: 1, signal: 1, onProgress: 1 },
} satisfies Names<CompareOptions>;

/** The report without an adapter. */
export async function reportOf(both: Both, options: CompareOptions): Promise<CompareReport> {
  const found = await changesOf(both.matched.matrices, options);
  return reportFrom(both, options, { found, vectors: await vectorChanges(both, options.signal) });
}

/** What is wanted of each pair beside its figures. */
export interface Wanted {
  factors(index: number): WantedRank | null;
  /** Figures as they come; what stays in them is kept to the end. */
  take?(index: number, figures: ChangeFigures): ChangeFigures;
}

/** What changed in each pair, in their order. */
export async function changesOf(
  pairs: readonly MatrixPair[],
  options: CompareOptions,
  wanted: Wanted = { factors: () => null },
): Promise<FoundPair[]> {
  const { threads, memory, seed } = checkedCompareOptions(options);
  const figures = new Array<ChangeFigures>(pairs.length);
  const meter = new ProgressMeter(
    pairs.map(({ bytes, shape }) => ({ byteLength: bytes, name: shape.name })),
    options.onProgress,
  );
  await runChanges(
    pairs,
    {
      threads,
      memory,
      seed,
      factors: wanted.factors,
      module: options.module,
      workerUrl: options.workerUrl,
      signal: options.signal,
      onRead: (index, bytes) => meter.read(index, bytes),
      onSpectrum: (index, share) => meter.spectrum(index, share),
      onDone: (index) => meter.finish(index),
    },
    (index, found) => {
      figures[index] = wanted.take?.(index, found) ?? found;
    },
  );
  return pairs.map((pair, i) => ({ pair, figures: figures[i] }));
}

const notFinite = ({ figures }: FoundPair): boolean => !figures.sums.finite;

/** The report of what was found in all pairs, in the order of the tuned side. */
export function reportFrom(
  both: Both,
  options: CompareOptions,
  { found, vectors }: { found: readonly FoundPair[]; vectors: readonly FoundVector[] },
): CompareReport {
  const { base, tuned, matched } = both;
  return {
    schemaVersion: 1,
    base: base.source,
    tuned: tuned.source,
    options: {
      include: options.include ? String(options.include) : null,
      exclude: options.exclude ? String(options.exclude) : null,
      seed: checkedCompareOptions(options).seed,
    },
    ...figuresOf(
      found.filter((one) => !notFinite(one)),
      vectors,
    ),
    unmatched: matched.unmatched,
    notes: [...matched.notes, ...tieNotes(found)],
    failed: found
      .filter(notFinite)
      .map(({ pair }) => ({ name: pair.shape.name, reason: "weights that are not finite" })),
  };
}

/** Values of a vector read at once; a whole number of any block. */
const ELEMENTS = 1 << 20;

/** @throws CheckpointError where a vector holds what is not finite. */
export async function vectorChanges({ base, tuned, matched }: Both, signal?: AbortSignal): Promise<FoundVector[]> {
  const found: FoundVector[] = [];
  for (const pair of matched.vectors) found.push(await vectorChange([base, tuned], pair, signal));
  return found;
}

async function vectorChange([base, tuned]: [Side, Side], pair: VectorPair, signal?: AbortSignal): Promise<FoundVector> {
  const sums = noSums();
  const length = pair.tuned.columns;
  const row = new Float32Array(Math.min(length, ELEMENTS));
  for (let first = 0; first < length; first += ELEMENTS) {
    const range = { first, last: Math.min(length, first + ELEMENTS) };
    const [one, other] = await Promise.all([
      readElements(base, pair.base, range, signal),
      readElements(tuned, pair.tuned, range, signal),
    ]);
    addDifference(sums, { base: one, tuned: other }, 0, row.subarray(0, range.last - first));
  }
  if (!sums.finite)
    throw new CheckpointError(
      "not-finite",
      `${printable(pair.tuned.tensor.file)}: tensor ${quoted(pair.tuned.name)}: a value is not finite on one side`,
      { tensor: pair.tuned.name },
    );
  return { name: pair.tuned.name, base: sums.base, change: sums.change };
}

/** An embedding and a head of one shape, equal on one side by their norms in every bit, on the other or not. */
function tieNotes(found: readonly FoundPair[]): string[] {
  const embedding = found.find(({ pair }) => pair.tuned.role === "embedding");
  const head = found.find(({ pair }) => pair.tuned.role === "head");
  if (!embedding || !head || embedding.pair.shape.rows !== head.pair.shape.rows) return [];
  const tied = embedding.figures.sums.base === head.figures.sums.base && embedding.figures.sums.base > 0;
  if (!tied) return [];
  const still =
    embedding.figures.sums.change === head.figures.sums.change &&
    embedding.figures.sums.inner === head.figures.sums.inner;
  return [
    `${printable(head.pair.tuned.name)} has the norm of ${printable(embedding.pair.tuned.name)} in the base, ` +
      `as tied weights do${still ? "" : ", and changed in another way: no longer tied"}`,
  ];
}
