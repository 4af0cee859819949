import type { CheckpointMatrix } from "../checkpoint/matrices.js";

/** One matrix of a checkpoint and where its bytes are. Plain data: it travels to workers. */
export interface StoredMatrix extends CheckpointMatrix {
  /** How many matrices a drawn one stands for. */
  sampleWeight?: number;
}
