import type { DataType } from "../checkpoint/dtypes.js";
import type { LocalFile } from "../host/contract.js";
import type { TensorInfo } from "../types.js";

/** One matrix of a checkpoint and where its bytes are. Plain data: it travels to workers. */
export interface StoredMatrix {
  name: string;
  /** The whole name before the layer number. */
  stack: string | null;
  layer: number | null;
  role: string | null;
  /** Of the tensor it is, or is a slice of. */
  tensor: TensorInfo;
  type: DataType;
  shape: number[];
  /** As analysed: after transposing. */
  rows: number;
  columns: number;
  transposed: boolean;
  /** Bytes of the tensor before this slice, and of a stored row. */
  byteStart: number;
  /** Where the slice begins in a file that every thread may read. */
  file: LocalFile | null;
  rowBytes: number;
  byteLength: number;
  /** Whether all its singular values are described. */
  spectrum?: boolean;
}
