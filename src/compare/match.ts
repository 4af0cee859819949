import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import type { ChangeShape } from "../matrix/change/change.js";
import { spacingOf } from "../matrix/change/rounding.js";
import { costOfRow, type ReadBoth } from "../matrix/change/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { ADDED, addedNote, addedTo, isChange } from "./added.js";
import { type Named, type Pairing, pairUp } from "./pairs.js";
import { reorderedHeads } from "./rotary.js";
import { bitsOf, rowReader, type Side, type StoredVector } from "./side.js";

/** A matrix on both sides, of one shape, and how rows of both are read. */
export interface MatrixPair {
  base: StoredMatrix;
  tuned: StoredMatrix;
  shape: ChangeShape;
  read: ReadBoth;
  /** Stored for a weight. */
  bits: { base: number; tuned: number };
  bytes: number;
  least: number;
  /** Whether the tuned side is an adapter's change, which was added to the base. */
  added: boolean;
}
/** A vector on both sides, of one length. */
export interface VectorPair {
  base: StoredVector;
  tuned: StoredVector;
}

/** What the two sides have in common, and what they do not. */
export interface Matched {
  matrices: MatrixPair[];
  vectors: VectorPair[];
  unmatched: { base: string[]; tuned: string[] };
  notes: string[];
}

/** Which names are compared: those `include` matches, without those `exclude` does. */
export interface Filter {
  include?: RegExp | undefined;
  exclude?: RegExp | undefined;
}

function passes({ include, exclude }: Filter, name: string): boolean {
  const matches = (pattern: RegExp): boolean => {
    pattern.lastIndex = 0;
    return pattern.test(name);
  };
  return (!include || matches(include)) && !(exclude && matches(exclude));
}

/** Embeddings and heads may have grown with the vocabulary. */
const VOCABULARY = new Set(["embedding", "head", "position"]);

const shapeOf = ({ rows, columns }: Named): string => (rows === 1 ? `${columns}` : `${rows} × ${columns}`);

function sayMismatched(base: Named & { role?: string | null }, tuned: Named): string {
  const enlarged = VOCABULARY.has(base.role ?? "") && base.columns === tuned.columns;
  return (
    `${printable(tuned.name)} is ${shapeOf(tuned)}, ${shapeOf(base)} in the ` +
    `base${enlarged ? `: ${tuned.rows > base.rows ? "enlarged" : "cut"}` : ""}; not compared`
  );
}

/**
 * Matrices and vectors of both sides, their shapes checked; no weights are read.
 * @throws CheckpointError "nothing-matches" where no matrix of the one is in the other.
 */
export function match(base: Side, tuned: Side, filter: Filter, signal?: AbortSignal): Matched {
  const inMatrices = pairUp(base.matrices, tuned.matrices);
  const inVectors = pairUp(base.vectors, tuned.vectors);
  if (inMatrices.pairs.length === 0) {
    const example = (side: Side): string => (side.matrices.length === 0 ? "no matrix" : quoted(side.matrices[0].name));
    throw new CheckpointError(
      "nothing-matches",
      `${printable(base.checkpoint.name)} and ${printable(tuned.checkpoint.name)} have no matrix of one name, ` +
        `or of one layer, role and shape, in common (${example(base)} in the one, ${example(tuned)} in the other)`,
    );
  }
  const kept = ({ name }: Named): boolean => passes(filter, name);
  const matrices = inMatrices.pairs
    .filter(([, j]) => kept(tuned.matrices[j]))
    .map(([i, j]) => matrixPair([base, base.matrices[i]], [tuned, tuned.matrices[j]], signal));
  const vectors = inVectors.pairs
    .filter(([, j]) => kept(tuned.vectors[j]))
    .map(([i, j]) => ({ base: base.vectors[i], tuned: tuned.vectors[j] }));
  const mismatches = [
    ...inMatrices.mismatched.map(([i, j]) => ({ base: base.matrices[i], tuned: tuned.matrices[j] })),
    ...inVectors.mismatched.map(([i, j]) => ({ base: base.vectors[i], tuned: tuned.vectors[j] })),
  ].filter((one) => kept(one.tuned));
  return {
    matrices,
    vectors,
    unmatched: unmatchedOf(base, tuned, [inMatrices, inVectors], filter),
    notes: [
      ...mismatches.map((one) => sayMismatched(one.base, one.tuned)),
      ...orderNote(base, tuned, matrices),
      ...addedNote(matrices),
    ],
  };
}

function unmatchedOf(base: Side, tuned: Side, [matrices, vectors]: Pairing[], filter: Filter): Matched["unmatched"] {
  const names = (lists: readonly (readonly Named[])[], places: readonly (readonly number[])[]): string[] =>
    lists.flatMap((list, k) => places[k].map((place) => list[place].name)).filter((name) => passes(filter, name));
  return {
    // What an adapter does not name stays as it is.
    base: tuned.matrices.every((matrix) => isChange(tuned, matrix))
      ? []
      : names(
          [base.matrices, base.vectors],
          [
            [...matrices.unmatchedBase, ...matrices.mismatched.map(([i]) => i)],
            [...vectors.unmatchedBase, ...vectors.mismatched.map(([i]) => i)],
          ],
        ),
    tuned: names(
      [tuned.matrices, tuned.vectors],
      [
        [...matrices.unmatchedTuned, ...matrices.mismatched.map(([, j]) => j)],
        [...vectors.unmatchedTuned, ...vectors.mismatched.map(([, j]) => j)],
      ],
    ),
  };
}

const otherFormat = (one: Side, other: Side): boolean => one.checkpoint.format !== other.checkpoint.format;

function matrixPair(
  [base, ofBase]: [Side, StoredMatrix],
  [tuned, ofTuned]: [Side, StoredMatrix],
  signal?: AbortSignal,
): MatrixPair {
  const { rows, columns, name } = ofTuned;
  const added = addedTo([base, ofBase], [tuned, ofTuned]);
  const apart = otherFormat(base, tuned);
  const [fromBase, fromTuned] = [rowReader(base, ofBase, signal, apart), rowReader(tuned, ofTuned, signal, apart)];
  const together = (
    [
      [base, ofBase],
      [tuned, ofTuned],
    ] as const
  ).map(([side, matrix]) => {
    const heads =
      apart && side.checkpoint.format === "gguf" ? reorderedHeads(side.checkpoint.metadata, matrix.role, rows) : 0;
    return heads > 0 ? rows / heads : matrix.transposed ? matrix.type.elementsPerBlock : 1;
  });
  return {
    base: ofBase,
    tuned: ofTuned,
    shape: {
      name,
      rows,
      columns,
      base: spacingOf(added ? ADDED : ofBase.tensor.dtype),
      tuned: spacingOf(added ? ADDED : ofTuned.tensor.dtype),
      turned: ofBase.transposed || ofTuned.transposed,
    },
    read: async (first, last) => {
      const [one, other] = await Promise.all([fromBase(first, last), fromTuned(first, last)]);
      return { base: one, tuned: added ? other.map((change, i) => one[i] + change) : other };
    },
    bits: { base: bitsOf(base, ofBase), tuned: bitsOf(tuned, ofTuned) },
    bytes: ofBase.byteLength + ofTuned.byteLength,
    least: costOfRow(columns) * (rows < columns ? 24 : 1) * Math.max(...together),
    added,
  };
}

function orderNote(base: Side, tuned: Side, matrices: readonly MatrixPair[]): string[] {
  if (!otherFormat(base, tuned)) return [];
  const count = matrices.filter((pair) =>
    [
      [base, pair.base],
      [tuned, pair.tuned],
    ].some(([side, matrix]) => {
      const { checkpoint } = side as Side;
      const { role, rows } = matrix as StoredMatrix;
      return checkpoint.format === "gguf" && reorderedHeads(checkpoint.metadata, role, rows) > 0;
    }),
  ).length;
  return count === 0
    ? []
    : [
        `rows of ${count} query and key matrices of the GGUF side were put back into the order of their ` +
          "authors, which llama.cpp's converter changes",
      ];
}
