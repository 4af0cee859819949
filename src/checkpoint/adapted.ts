import type { Checkpoint, CheckpointInput, TensorInfo } from "../types.js";
import { type RawCheckpoint, rowShape } from "./checkpoint.js";
import { type DataType, dataType } from "./dtypes.js";

const F32 = /* @__PURE__ */ dataType("F32")!;

/** Whether an input is open already. */
export const isCheckpoint = (input: CheckpointInput | Checkpoint): input is Checkpoint =>
  typeof input === "object" && input !== null && "tensors" in input && "readRows" in input;

const isRaw = (checkpoint: Checkpoint): checkpoint is RawCheckpoint =>
  "readBytes" in checkpoint && "dataType" in checkpoint;

/**
 * Any object with a Checkpoint's shape as the pipeline wants it: one of ours as it is, another through its decoded
 * rows.
 */
export function asRawCheckpoint(checkpoint: Checkpoint): RawCheckpoint {
  if (isRaw(checkpoint)) return checkpoint;
  const rowBytes = (tensor: TensorInfo): number => rowShape(tensor).columns * 4;
  return Object.create(
    checkpoint,
    Object.getOwnPropertyDescriptors({
      dataType: (tensor: TensorInfo): DataType => ({ ...F32, integer: dataType(tensor.dtype)?.integer ?? false }),
      undecodable: () => null,
      expect: () => false,
      places: ({ file, byteOffset, byteLength }: TensorInfo) => [
        { file, byteLength: checkpoint.byteLength, tag: null, start: byteOffset, end: byteOffset + byteLength },
      ],
      localFile: () => null,
      files: [],
      index: null,
      rowBytes,
      async readBytes(tensor: TensorInfo, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
        const each = rowBytes(tensor);
        const first = Math.floor(start / each);
        const rows = await checkpoint.readRows(tensor, first, Math.ceil(end / each), signal);
        return new Uint8Array(rows.buffer, rows.byteOffset + start - first * each, end - start);
      },
    }),
  ) as RawCheckpoint;
}
