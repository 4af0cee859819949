/** Leading directions of a matrix: W ≈ Σ left_k right_kᵀ, each side with the root of its singular value. */
export interface Directions {
  /** kept × rows. */
  left: Float32Array;
  /** kept × columns; the largest entry of each is positive. */
  right: Float32Array;
  /** The share of W along each, ‖W v‖² (σ² where nothing is weighed), largest first. */
  squares: Float64Array;
  /** ‖W‖². */
  total: number;
  /** Energy of all the directions kept: Σ squares / ‖W‖², or less where columns were weighed. */
  energies: Float64Array;
}
