import { kritchmanNadler } from "./kritchman-nadler.js";
import { effectiveRank, energyRanks, numericalRank, totalOf } from "./ranks.js";
import { freeParameters, type SignalDirections, signalDirections } from "./signal.js";
import { type PowerLawTail, powerLawTail } from "./tail.js";

/** Signal directions, with the count of Kritchman & Nadler beside. */
export interface Signal extends SignalDirections {
  /** r(n + d - r) of the r directions. */
  parameters: number;
  /** Share of Σσ² that they hold. */
  energy: number;
  /** The count of Kritchman & Nadler (2008). */
  kritchmanNadler: number;
}

/** What all singular values of a matrix say (docs/method.md §8). */
export interface SpectrumFigures {
  signal: Signal;
  effectiveRank: number | null;
  numericalRank: number | null;
  /** No singular value below it is known. */
  floor: number;
  /** Directions that hold a share of Σσ². */
  energyRanks: { "0.5": number | null; "0.9": number | null; "0.99": number | null };
  tail: PowerLawTail | null;
}

/** All λ = σ² of a matrix, in descending order, none negative. */
export interface Squares {
  rows: number;
  columns: number;
  /** min(rows, columns) values. */
  squares: Float64Array;
  /** The σ below which they are not known. */
  floor: number;
}

/** The signal among all λ of a matrix. */
export function signalOf({ squares, rows, columns }: Omit<Squares, "floor">): Signal {
  const { directions, edge, noiseVariance, below, bulk, verdict } = signalDirections(squares, rows, columns);
  const whole = totalOf(squares);
  return {
    directions,
    parameters: freeParameters(directions, rows, columns),
    energy: whole > 0 ? Math.min(1, totalOf(squares.subarray(0, directions)) / whole) : 0,
    edge,
    noiseVariance,
    kritchmanNadler: kritchmanNadler(squares, rows, columns),
    below,
    bulk,
    verdict,
  };
}

/** All figures of a spectrum. Values below the floor count as 0: they are rounding. */
export function describeSpectrum({ squares, rows, columns, floor }: Squares): SpectrumFigures {
  const known = squares.map((square) => (square > floor * floor ? square : 0));
  const [half, most, nearly] = energyRanks(known, [0.5, 0.9, 0.99]);
  return {
    signal: signalOf({ squares: known, rows, columns }),
    effectiveRank: effectiveRank(known),
    numericalRank: numericalRank(known, Math.max(rows, columns), floor),
    floor,
    energyRanks: { "0.5": half, "0.9": most, "0.99": nearly },
    tail: powerLawTail(known),
  };
}
