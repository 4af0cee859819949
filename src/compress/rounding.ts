import { printable, quoted } from "../base/printable.js";
import { blocksOfRow, dequantizeBlocks, quantizeBlocks } from "../checkpoint/blocks.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { type EncodedType, encodeElements } from "../checkpoint/encode.js";
import type { Source } from "../host/contract.js";
import type { OutputFile, TensorInfo } from "../types.js";
import { streamOf } from "./streams.js";

/**
 * Rounding to few bits, the row that every table of a compression must carry (docs/method.md §9): the checkpoint
 * itself with the weights of some matrices rounded in blocks of 32 and put back in their own type.
 */

/** What rounding stored and kept. */
export interface Rounded {
  weights: number;
  /** Bits of codes and scales, and of the weights in the source. */
  bits: number;
  bitsOfSource: number;
  /** Share of Σx² that is kept, before the weights are put back in their type. */
  energy: number;
}

/** Types whose numbers can be put back where they were. */
const TYPES: readonly string[] = ["F32", "F16", "BF16"] satisfies readonly EncodedType[];

/** Bytes that are copied, and weights that are rounded, at once. */
const PIECE = 1 << 20;

/**
 * Why a tensor cannot be rounded in its place, or null. Only formats whose bytes are the weights' own have a place.
 */
export function unroundable({ format, files }: RawCheckpoint, { dtype }: TensorInfo): string | null {
  if (files.length === 0 || (format !== "safetensors" && format !== "gguf")) return `in ${format}, it has no place`;
  return TYPES.includes(dtype) ? null : `${dtype} is rounded already`;
}

/**
 * Rounds the tensors called `names` to `bits` bits, 2 to 8, along their last dimension: one file for each of the
 * checkpoint's, in order, all else byte for byte. `rounded` is whole once the last file was read.
 * @throws RangeError naming a tensor that `unroundable` tells of, or whose weights no scale of 16 bits fits.
 */
export function roundedFiles(
  checkpoint: RawCheckpoint,
  names: ReadonlySet<string>,
  bits: number,
  signal?: AbortSignal,
): { files: OutputFile[]; rounded: Rounded } {
  // Of a stack of matrices all are rounded where one is chosen.
  const wanted = new Set([...names].map((name) => name.replace(/\[[\d,]+\]$/, "")));
  const chosen = checkpoint.tensors.filter(({ name }) => names.has(name) || wanted.has(name));
  for (const tensor of chosen) {
    const reason = unroundable(checkpoint, tensor);
    if (reason !== null) throw failure(tensor, `cannot be rounded: ${reason}`);
  }
  const sums = { squares: 0, lost: 0 };
  const rounded: Rounded = { weights: 0, bits: 0, bitsOfSource: 0, energy: 1 };
  for (const { shape, parameters, byteLength } of chosen) {
    const columns = shape[shape.length - 1];
    rounded.weights += parameters;
    rounded.bits += parameters * bits + (columns === 0 ? 0 : (parameters / columns) * blocksOfRow(columns) * 16);
    rounded.bitsOfSource += byteLength * 8;
  }
  const visit = (values: Float32Array, kept: Float32Array): void => {
    for (let i = 0; i < values.length; i++) {
      sums.squares += values[i] * values[i];
      sums.lost += (values[i] - kept[i]) * (values[i] - kept[i]);
    }
    rounded.energy = sums.squares === 0 ? 1 : 1 - sums.lost / sums.squares;
  };
  const files = checkpoint.files.map((file): OutputFile => {
    const own = chosen.filter((tensor) => tensor.file === file.name).sort((a, b) => a.byteOffset - b.byteOffset);
    return { name: file.name, bytes: streamOf(pieces({ checkpoint, file, own, bits, signal, visit })) };
  });
  return { files, rounded };
}

interface FileRounding {
  checkpoint: RawCheckpoint;
  file: Source;
  /** Its tensors that are rounded, in the order of their bytes. */
  own: readonly TensorInfo[];
  bits: number;
  signal: AbortSignal | undefined;
  visit(values: Float32Array, kept: Float32Array): void;
}

async function* pieces({
  checkpoint,
  file,
  own,
  bits,
  signal,
  visit,
}: FileRounding): AsyncGenerator<Uint8Array, void, void> {
  let at = 0;
  const copied = async function* (end: number): AsyncGenerator<Uint8Array, void, void> {
    for (; at < end; at = Math.min(end, at + PIECE)) yield await file.read(at, Math.min(end, at + PIECE), signal);
  };
  for (const tensor of own) {
    yield* copied(tensor.byteOffset);
    const columns = tensor.shape[tensor.shape.length - 1];
    const rows = tensor.shape[0];
    const each = Math.max(1, Math.floor((PIECE * rows) / Math.max(1, tensor.parameters)));
    for (let first = 0; first < rows; first += each) {
      const values = await checkpoint.readRows(tensor, first, Math.min(rows, first + each), signal);
      const kept = roundedValues(tensor, values, columns, bits);
      visit(values, kept);
      yield encodeElements(tensor.dtype as EncodedType, kept);
    }
    at = tensor.byteOffset + tensor.byteLength;
  }
  yield* copied(file.byteLength);
}

function roundedValues(tensor: TensorInfo, values: Float32Array, columns: number, bits: number): Float32Array {
  try {
    return dequantizeBlocks(quantizeBlocks(values, columns, bits), columns);
  } catch (error) {
    throw failure(tensor, `cannot be rounded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const failure = ({ file, name }: TensorInfo, what: string): RangeError =>
  new RangeError(`${printable(file)}: tensor ${quoted(name)}: ${what}`);
