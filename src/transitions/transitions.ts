import { arrayKind, type Filled, inShort, type Names, optionsOf, requireObject } from "../base/arguments.js";
import { Random, seedFor } from "../base/random.js";
import { meanAndDeviation } from "../base/statistics.js";
import { Machine } from "../kernels/machine.js";
import { compileKernels } from "../kernels/modules.js";
import { methodFor } from "../spectra/method.js";
import type { ParticipationRatio, SparseMatrix, TransitionOptions, TransitionReport } from "../types.js";
import { countPairs, restrict } from "./counts.js";
import { type Pause, partParticipation } from "./participation.js";
import { placeParts } from "./parts.js";
import { readTokens } from "./text.js";
import type { RankedTokens, TokenStream } from "./vocabulary.js";

/** A text: as one, in pieces as they come, or as the ids of its tokens. */
export type Text =
  | string
  | Blob
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | ReadableStream<string | Uint8Array>
  | Uint32Array
  | number[];
type Checked = Filled<Pick<TransitionOptions, "smoothing" | "matrix" | "tokens" | "shuffles" | "seed">> & {
  vocabularies: number[];
  options: TransitionOptions;
};

/** Milliseconds of work between two pauses. */
const PATIENCE = 30;

const NAMES = {
  ...{ vocabulary: 1, smoothing: 1, matrix: 1, tokens: 1, shuffles: 1, seed: 1, participation: 1, signal: 1 },
  onProgress: 1,
} satisfies Names<TransitionOptions>;

/** @throws RangeError for options out of range. */
export function checkTransitionOptions(options: TransitionOptions): Checked {
  requireObject(options, "options", "an object with a vocabulary");
  optionsOf(options, "options", NAMES);
  const { vocabulary, smoothing = 0, matrix = "transition", tokens = "words", shuffles = 5, seed = 1 } = options;
  const vocabularies: number[] = typeof vocabulary === "number" ? [vocabulary] : listOf(vocabulary);
  if (vocabularies.length === 0) throw new RangeError("vocabulary must name at least one size");
  for (const size of vocabularies)
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`vocabulary must be a whole number from 1, not ${size}`);
  if (!(smoothing >= 0 && smoothing < Infinity))
    throw new RangeError(`smoothing must be a number from 0, not ${smoothing}`);
  if (matrix !== "transition" && matrix !== "counts")
    throw new RangeError(`matrix must be "transition" or "counts", not ${JSON.stringify(matrix)}`);
  if (matrix === "counts" && smoothing > 0)
    throw new RangeError("counts are not smoothed: leave smoothing out, or take the transition matrix");
  if (!Number.isInteger(shuffles) || shuffles < 0)
    throw new RangeError(`shuffles must be a whole number from 0, not ${shuffles}`);
  if (!Number.isFinite(seed)) throw new RangeError(`seed must be a finite number, not ${seed}`);
  return { vocabularies, smoothing, matrix, tokens, shuffles, seed, options };
}

function listOf(vocabulary: unknown): number[] {
  if (Array.isArray(vocabulary) || arrayKind(vocabulary) !== "") return Array.from(vocabulary as ArrayLike<number>);
  throw new TypeError(`vocabulary must be a whole number or several, not ${inShort(vocabulary)}`);
}

/** Lets the host breathe, and ends the work where the signal says so. */
function pauser(signal: AbortSignal | undefined): Pause {
  let last = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - last < PATIENCE) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
    signal?.throwIfAborted();
  };
}

interface Measured {
  antisymmetric: ParticipationRatio | null;
  symmetric: ParticipationRatio | null;
  asymmetry: number;
}

/** The figures of one matrix; releases all that it took from the arena. */
async function measure(
  machine: Machine,
  counts: SparseMatrix,
  { smoothing, matrix, options }: Checked,
  pause: Pause,
): Promise<Measured> {
  const marked = machine.exports.mark();
  try {
    const participation = options.participation ?? {};
    const exact = methodFor(counts.rows, counts.rows, participation) === "exact";
    const { antisymmetric, symmetric } = placeParts(machine, counts, smoothing, matrix === "transition", exact);
    const whole = antisymmetric.squares + symmetric.squares;
    const results = [];
    for (const part of [antisymmetric, symmetric]) {
      const inner = machine.exports.mark();
      results.push(await partParticipation(machine, part, participation, pause));
      machine.exports.release(inner);
    }
    return {
      antisymmetric: results[0],
      symmetric: results[1],
      asymmetry: whole > 0 ? Math.sqrt(antisymmetric.squares / whole) : 0,
    };
  } finally {
    machine.exports.release(marked);
  }
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k];
  return sum;
}

function overShuffles(values: (number | null | undefined)[]): [mean: number, standardDeviation: number] | null {
  const found = values.filter((value): value is number => typeof value === "number");
  if (found.length === 0) return null;
  const { mean, standardDeviation } = meanAndDeviation(found);
  return [mean, standardDeviation];
}

/**
 * Transition matrices of a token stream at several vocabularies, each beside the same figures of seeded shuffles of the
 * same tokens (docs/method.md §4). Borders of `stream` stay where they are while the tokens are shuffled.
 * @throws RangeError where there are no tokens, or options are out of range.
 */
export async function transitionsOf(stream: TokenStream, given: TransitionOptions): Promise<TransitionReport[]> {
  const checked = checkTransitionOptions(given);
  const {
    vocabularies,
    shuffles,
    seed,
    options: { signal, onProgress },
  } = checked;
  if (stream.length === 0) throw new RangeError("the text has no tokens");
  const pause = pauser(signal);
  const ranked = stream.ranked();
  const sizes = vocabularies.map((size) => Math.min(size, ranked.types));
  const largest = Math.max(...sizes);
  const distinct = [...new Set(sizes)];
  // An instance of its own: the work pauses, and the arena of another could change in between.
  const machine = new Machine(await compileKernels("plain"), "simd128");
  const total = distinct.length * (1 + shuffles);
  let done = 0;
  const all = async (tokens: RankedTokens) => {
    const counts = countPairs(tokens, largest);
    const found = new Map<number, Measured & { pairs: number; nonZero: number }>();
    for (const size of distinct) {
      await pause();
      const part = restrict(counts, size);
      found.set(size, {
        ...(await measure(machine, part, checked, pause)),
        pairs: sumOf(part.values),
        nonZero: part.values.length,
      });
      onProgress?.({ done: ++done, total });
    }
    return found;
  };
  onProgress?.({ done, total });
  const text = await all(ranked);
  const shuffled: Awaited<ReturnType<typeof all>>[] = [];
  for (let s = 0; s < shuffles; s++) {
    await pause();
    shuffled.push(
      await all({ ...ranked, tokens: new Random(seedFor(seed, `shuffle ${s}`)).shuffle(ranked.tokens.slice()) }),
    );
  }
  return sizes.map((vocabulary) => {
    const { antisymmetric, symmetric, asymmetry, pairs, nonZero } = text.get(vocabulary)!;
    const others = shuffled.map((of) => of.get(vocabulary)!);
    return {
      vocabulary,
      smoothing: checked.smoothing,
      matrix: checked.matrix,
      tokens: ranked.tokens.length,
      pairs,
      nonZero,
      antisymmetric,
      symmetric,
      asymmetry,
      shuffled: {
        shuffles,
        antisymmetric: overShuffles(others.map((of) => of.antisymmetric?.value)),
        symmetric: overShuffles(others.map((of) => of.symmetric?.value)),
        asymmetry: overShuffles(others.map((of) => of.asymmetry)) ?? [0, 0],
      },
    };
  });
}

/**
 * Participation ratios of the antisymmetric and symmetric part of a text's transition matrix (docs/method.md §4), one
 * report a vocabulary, in the order asked for. `text` is split by `tokens`, or is tokens already. Four bytes a token
 * are kept.
 * @throws RangeError where there are no tokens, or options are out of range.
 */
export async function analyzeTransitions(text: Text, options: TransitionOptions): Promise<TransitionReport[]> {
  const checked = checkTransitionOptions(options);
  return transitionsOf(await readTokens(text, checked.tokens, pauser(options.signal)), options);
}
