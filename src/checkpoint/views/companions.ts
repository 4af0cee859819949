import { CheckpointError } from "../../base/errors.js";
import { printable, quoted } from "../../base/printable.js";
import type { TensorInfo } from "../../types.js";
import { decodeElements } from "../decode.js";
import { dataType } from "../dtypes.js";

/** Bytes [start, end) of a stored tensor. */
export type ReadPart = (tensor: TensorInfo, start: number, end: number) => Promise<Uint8Array>;

/**
 * Companions up to this many bytes are read whole, once, and kept while their matrix passes; larger ones pass along
 * with its rows.
 */
const KEPT_BYTES = 4 << 20;

/** Reads the companions of one matrix: each byte of the small ones once, however often rows are asked for. */
export class Companions {
  private readonly kept = new Map<string, Promise<Uint8Array>>();

  constructor(private readonly read: ReadPart) {}

  async bytes(tensor: TensorInfo, start: number, end: number): Promise<Uint8Array> {
    if (tensor.byteLength > KEPT_BYTES) return this.read(tensor, start, end);
    let whole = this.kept.get(tensor.name);
    if (!whole) {
      whole = this.read(tensor, 0, tensor.byteLength).then((bytes) => bytes.slice());
      this.kept.set(tensor.name, whole);
      whole.catch(() => this.kept.delete(tensor.name));
    }
    return (await whole).subarray(start, end);
  }

  /** Values [first, last) as f32. `type`: what the bytes are, where the header does not say it. */
  async values(tensor: TensorInfo, first: number, last: number, type = tensor.dtype): Promise<Float32Array> {
    const stored = dataType(type)!;
    return decodeElements(
      stored,
      await this.bytes(tensor, first * stored.bytesPerBlock, last * stored.bytesPerBlock),
      last - first,
    );
  }

  /** All of a tensor of 32-bit integers. */
  async integers(tensor: TensorInfo): Promise<Uint32Array> {
    const bytes = await this.bytes(tensor, 0, tensor.byteLength);
    return new Uint32Array(bytes.slice().buffer);
  }

  /** The group of each column. @throws CheckpointError where one is out of range. */
  async groups(tensor: TensorInfo, columns: number, groups: number): Promise<Uint32Array> {
    const found = (await this.integers(tensor)).subarray(0, columns);
    const wrong = found.findIndex((group) => group >= groups);
    if (wrong >= 0)
      throw badCompanion(tensor, `group ${found[wrong] | 0} of input ${wrong}, where there are ${groups} groups`);
    return found;
  }
}

/** An error about a tensor that stands beside codes (scales, zero points, an order of groups) and does not fit them. */
export function badCompanion(tensor: TensorInfo, what: string): CheckpointError {
  return new CheckpointError("bad-companion", `${printable(tensor.file)}: tensor ${quoted(tensor.name)}: ${what}`, {
    tensor: tensor.name,
  });
}
