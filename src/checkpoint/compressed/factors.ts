import { loadMachine } from "../../kernels/load-machine.js";
import { blocksOfRow, dequantizeBlocks, unpackNibbles } from "../blocks.js";
import type { StoredTensor } from "../checkpoint.js";
import { decodeElements } from "../decode.js";
import type { ReplacedTensor } from "./metadata.js";

/** A stored tensor and what it must be: one part of what stands for a matrix. */
export interface Part {
  suffix: string;
  /** Names of types that it may have. */
  dtypes: readonly string[];
  shape: number[];
}

const TYPES: Record<ReplacedTensor["bits"], readonly string[]> = {
  32: ["F32"],
  16: ["BF16", "F16"],
  8: ["I8"],
  4: ["U8"],
};

/**
 * Rows × columns of the matrix that was factored: the shape's last two, or all columns together, turned where it was.
 */
export function factoredShape({ shape, transposed }: ReplacedTensor): { rows: number; columns: number } {
  const rows = shape[0];
  const columns = shape.slice(1).reduce((product, length) => product * length, 1);
  return transposed ? { rows: columns, columns: rows } : { rows, columns };
}

/** An array of `rows` × `columns` in `bits` bits, with the scales of its blocks. */
function stored(suffix: string, bits: ReplacedTensor["bits"], rows: number, columns: number): Part[] {
  if (bits > 8) return [{ suffix, dtypes: TYPES[bits], shape: [rows, columns] }];
  const scales = { suffix: `${suffix}.scales`, dtypes: ["F16"], shape: [rows, blocksOfRow(columns)] };
  return [{ suffix, dtypes: TYPES[bits], shape: [rows, bits === 4 ? Math.ceil(columns / 2) : columns] }, scales];
}

/**
 * The parts that stand for a matrix (docs/method.md §9). Below 16 bits `left` is stored by directions, so that blocks
 * run along the long side.
 */
export function partsOf(entry: ReplacedTensor, ordered: boolean): Part[] {
  const { rows, columns } = factoredShape(entry);
  const { kept, bits } = entry;
  if (entry.method === "gaussian") {
    return [
      ...stored(".amplitudes", bits, rows, kept),
      ...(ordered ? [{ suffix: ".order", dtypes: ["I32"], shape: [columns] }] : []),
    ];
  }
  const left = bits > 8 ? stored(".left", bits, rows, kept) : stored(".left", bits, kept, rows);
  return [...left, ...stored(".right", bits, kept, columns)];
}

/** Reads one part whole. */
export type ReadPart = (suffix: string) => Promise<{ tensor: StoredTensor; bytes: Uint8Array }>;

/** The values of an array of `rows` × `columns`, f32. */
async function valuesOf(
  read: ReadPart,
  suffix: string,
  bits: ReplacedTensor["bits"],
  rows: number,
  columns: number,
): Promise<Float32Array> {
  const { tensor, bytes } = await read(suffix);
  if (bits > 8) return decodeElements(tensor.type, bytes, rows * columns);
  const scales = new Uint8Array((await read(`${suffix}.scales`)).bytes);
  const codes =
    bits === 4 ? unpackNibbles(bytes, rows, columns) : new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return dequantizeBlocks({ codes, scales: new Uint16Array(scales.buffer) }, columns);
}

/** What stands for a matrix, decoded. Singular: both sides by directions, kept × rows and kept × columns. */
export type Factors =
  | { method: "singular"; left: Float32Array; right: Float32Array }
  | { method: "gaussian"; amplitudes: Float32Array; order: Int32Array | null };

/** Decodes all parts of a matrix. */
export async function readFactors(entry: ReplacedTensor, ordered: boolean, read: ReadPart): Promise<Factors> {
  const { rows, columns } = factoredShape(entry);
  const { kept, bits } = entry;
  if (entry.method === "gaussian") {
    const amplitudes = await valuesOf(read, ".amplitudes", bits, rows, kept);
    const order = ordered ? new Int32Array(new Uint8Array((await read(".order")).bytes).buffer) : null;
    return { method: "gaussian", amplitudes, order };
  }
  const right = await valuesOf(read, ".right", bits, kept, columns);
  if (bits <= 8) return { method: "singular", left: await valuesOf(read, ".left", bits, kept, rows), right };
  return {
    method: "singular",
    left: await transposed(await valuesOf(read, ".left", bits, rows, kept), rows, kept),
    right,
  };
}

/** columns × rows from rows × columns. */
async function transposed(values: Float32Array, rows: number, columns: number): Promise<Float32Array> {
  const machine = await loadMachine();
  return machine.scope(() => {
    const source = machine.copyFloat32(values);
    const target = machine.allocate(rows * columns * 4);
    machine.exports.transpose(source, rows, columns, target, rows);
    return machine.float32(target, rows * columns).slice();
  });
}
