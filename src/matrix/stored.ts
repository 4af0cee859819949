import type { CheckpointMatrix } from "../checkpoint/matrices.js";
import type { LocalFile } from "../host/contract.js";

/** One matrix of a checkpoint and where its bytes are. Plain data: it travels to workers. */
export interface StoredMatrix extends CheckpointMatrix {
  /** Where the slice begins in a file that every thread may read. */
  file: LocalFile | null;
  /** Whether all its singular values are described. */
  spectrum?: boolean;
  /** How many matrices a drawn one stands for. */
  sampleWeight?: number;
}
