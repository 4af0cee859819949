import { seedFor } from "../base/random.js";
import { finished } from "../host/pauses.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { allSquaresInSlices } from "../spectra/all-values.js";
import { describeSpectrum } from "../spectra/describe.js";
import { FLIPS, signFlipDirections } from "../spectra/sign-flips.js";
import type { MatrixSpectrum } from "../types.js";
import { explainedShares } from "./energy-target.js";
import type { MatrixPasses } from "./passes.js";
import type { VisitRows } from "./rows.js";
import type { MatrixOptions } from "./schedule.js";
import type { StoredMatrix } from "./stored.js";

/**
 * A Gram matrix of the smaller side in the arena: `side` × `side` f64, zeros past that side's length; its upper
 * triangle.
 */
export interface GramMatrix {
  pointer: number;
  side: number;
}

/** All λ = σ² of scale · W, in descending order, none negative, and the σ below which they are rounding. */
export interface ScaledSquares {
  squares: Float64Array;
  floor: number;
}

/** What ends a spectrum before its end, and who hears of the share that is done. */
export interface SpectrumEvents {
  signal?: AbortSignal | undefined;
  onShare?: ((share: number) => void) | undefined;
}

/** All λ = σ² from a Gram matrix, which is destroyed. Events are let through, an abort among them. */
export function allSquaresOf(
  machine: Machine,
  { pointer, side }: GramMatrix,
  { rows, columns }: Pick<StoredMatrix, "rows" | "columns">,
  events?: SpectrumEvents,
): Promise<ScaledSquares> {
  const order = Math.min(rows, columns);
  return finished(
    allSquaresInSlices(machine, { pointer, stride: side, order, terms: Math.max(rows, columns) }),
    events,
  );
}

/**
 * Weights held at once, in bytes of f32, for sign flips; three times as many bytes come on top of the rest meanwhile.
 */
const HELD_BYTES = 1 << 27;

/** Rows of a matrix as they pass. */
export interface RowPass {
  pass(stride: number, scale: number, visit: VisitRows): Promise<void>;
}

/** Whether a matrix is small enough to be held while its signs are flipped. */
export const areFlipped = ({ rows, columns }: StoredMatrix): boolean => rows * strideOf(columns) * 4 <= HELD_BYTES;

/**
 * Directions by sign flips, all rows held in the arena meanwhile; null for a matrix too large for that. `rows` passes
 * over all of them.
 */
export async function signFlipsOf(
  machine: Machine,
  plan: StoredMatrix,
  squares: Float64Array,
  {
    rows: stream,
    scale,
    seed,
    signal,
  }: { rows: () => RowPass; scale: number; seed: number; signal?: AbortSignal | undefined },
): Promise<MatrixSpectrum["signFlips"] | null> {
  const { rows, columns, name } = plan;
  const stride = strideOf(columns);
  if (!areFlipped(plan)) return null;
  const marked = machine.exports.mark();
  try {
    const pointer = machine.allocate(rows * stride * 4);
    const bytes = stride * 4;
    await stream().pass(stride, scale, (from, first, count) => {
      machine.bytes(pointer + first * bytes, count * bytes).set(machine.bytes(from, count * bytes));
    });
    const steps = signFlipDirections(
      machine,
      { pointer, rows, columns, stride, squares },
      seedFor(seed, `${name} signs`),
    );
    return { directions: await finished(steps, { signal }), flips: FLIPS };
  } finally {
    machine.exports.release(marked);
  }
}

/** Gaussians a row whose amplitudes are at most as many numbers as `rank` singular directions: nK ≤ r(n + d). */
const equalGaussians = (rank: number, { rows, columns }: StoredMatrix): number =>
  Math.min(columns, Math.floor((rank * (rows + columns)) / rows));

/**
 * Everything the report says of a spectrum (docs/method.md §8), with one more pass over the rows for the Gaussians
 * beside it.
 */
export async function spectrumFigures(
  plan: StoredMatrix,
  options: MatrixOptions,
  { squares, floor }: ScaledSquares,
  { passes, scale, signFlips }: { passes: MatrixPasses; scale: number; signFlips: MatrixSpectrum["signFlips"] | null },
): Promise<MatrixSpectrum> {
  const { rows, columns } = plan;
  const unscaled = { squares: squares.map((square) => square / scale / scale), floor: floor / scale };
  const figures = describeSpectrum({ ...unscaled, rows, columns });
  const gaussians = equalGaussians(figures.signal.directions, plan);
  const [gaussianEnergy] =
    gaussians > 0 ? await explainedShares(passes, { columns, counts: [gaussians], width: options.width, scale }) : [0];
  return {
    ...figures,
    ...(signFlips && { signFlips }),
    gaussianEnergy,
    ...(options.singularValues && {
      singularValues: Array.from(unscaled.squares, (square) =>
        square > unscaled.floor * unscaled.floor ? Math.sqrt(square) : 0,
      ),
    }),
  };
}
