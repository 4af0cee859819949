import type { StoredMatrix } from "../matrix/stored.js";
import type { Costs } from "./budget.js";
import type { Replacement } from "./parts.js";

/** A matrix whose factors or amplitudes are put aside; how much of them is kept may be decided later. */
export interface Factored extends Replacement {
  matrix: StoredMatrix;
  costs: Costs;
  /** ‖W‖². */
  total: number;
  /** σ² of the directions put aside; none of Gaussians. */
  squares: Float64Array;
  /** Share of ‖W‖² kept by the first 1, 2, … directions; of Gaussians, by all. */
  energies: Float64Array;
}

/** A matrix that stays as it is, and why. */
export interface LeftWhole {
  matrix: StoredMatrix;
  reason: string;
}
