import { expect } from "vitest";
import { openRaw } from "../../../src/checkpoint/open.js";
import { type Interpreted, interpret } from "../../../src/checkpoint/views/interpreted.js";
import { type BuiltTensor, safetensors } from "../files.js";
import type { Packed } from "./packing.js";

/** A file of these tensors, with what lies beside it by name. */
export async function opened(tensors: BuiltTensor[], beside: Record<string, unknown> = {}): Promise<Interpreted> {
  const raw = await openRaw(safetensors(tensors));
  const text = (name: string): Uint8Array | null =>
    name in beside ? new TextEncoder().encode(JSON.stringify(beside[name])) : null;
  return interpret(Object.assign(Object.create(raw), { beside: (name: string) => Promise.resolve(text(name)) }));
}

/** Bit patterns, with every NaN as one. */
export const patterns = (values: ArrayLike<number>): Uint32Array =>
  new Uint32Array(Float32Array.from(values, (value) => (Number.isNaN(value) ? NaN : value)).buffer);

/** The checkpoint holds this one matrix and nothing else, equal to the bit, whole and from the middle of a row. */
export async function holds(
  checkpoint: Interpreted,
  { tensors, expected, columns }: Packed,
  name: string,
  family: string,
  shape?: number[],
): Promise<void> {
  const [tensor] = checkpoint.tensors;
  expect(checkpoint.tensors.map((one) => [one.name, one.dtype])).toEqual([[name, family]]);
  if (shape) expect(tensor.shape).toEqual(shape);
  expect(tensor.parameters).toBe(expected.length);
  const bytes = await checkpoint.readBytes(tensor, 0, expected.length * 4);
  expect(patterns(new Float32Array(bytes.slice().buffer))).toEqual(patterns(expected));
  const row = Math.floor(expected.length / columns / 2);
  const part = await checkpoint.readBytes(tensor, (row * columns + 1) * 4, (row + 1) * columns * 4);
  expect(patterns(new Float32Array(part.slice().buffer))).toEqual(
    patterns(expected.slice(row * columns + 1, (row + 1) * columns)),
  );
  expect([...checkpoint.asides.keys()].sort()).toEqual(
    tensors
      .map((one) => one.name)
      .filter((one) => !(checkpoint.assembled(tensor)!.parts[0] === one))
      .sort(),
  );
  await checkpoint.close();
}
