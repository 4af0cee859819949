import type { Slices } from "../base/chunks.js";
import type { Machine } from "./machine.js";

/** Products of a slice, some 20 ms of them. */
const SLICE = 2e8;

/** The kind of `createGram` whose rows' mean is taken off (assembly/gram.ts). */
export const CENTRED_GRAM = 1;
/** The kind with f64 products. */
export const DOUBLE_GRAM = 2;

/** A Gram matrix of zeros in the arena, cleared in slices; 0 where memory ends. */
export function* createGram(machine: Machine, columns: number, kind: number): Slices<number> {
  const { exports } = machine;
  const gram = exports.createGram(columns, kind) >>> 0;
  if (gram) yield* machine.clear(exports.gramTotal(gram) >>> 0, exports.gramSide(gram) ** 2 * 8);
  return gram;
}

/** Adds rows at `stride` values, in slices. */
export function* addToGram({ exports }: Machine, gram: number, pointer: number, rows: number, stride: number): Slices {
  for (let row = 0; row < rows; yield)
    row += exports.addToGram(gram, pointer + row * stride * 4, rows - row, stride, SLICE);
}

/** Ends a Gram matrix, in slices. */
export function* finishGram({ exports }: Machine, gram: number): Slices {
  while (!exports.finishGram(gram, SLICE)) yield;
}
