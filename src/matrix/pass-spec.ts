import type { ChunkWork } from "../base/chunks.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { GramSums } from "../spectra/pass.js";
import type { PreparedBasis } from "./bases.js";
import { type ExplainedPart, ExplainedSums } from "./explained-sums.js";
import { FirstPass } from "./first-pass.js";
import type { FirstPart } from "./first-sums.js";
import type { StoredMatrix } from "./stored.js";

/** The first look at every row. */
export interface FirstSpec {
  kind: "first";
  scale: number;
  permutations: number;
  seed: number;
  gram: boolean;
}
/** WᵀW applied to blocks of eight vectors, columns × 8 f32 each. */
export interface ApplySpec {
  kind: "apply";
  scale: number;
  vectors: Float32Array[];
}
/** The energy on other bases. */
export interface ExplainedSpec {
  kind: "explained";
  scale: number;
  gaussians: number[];
  width: number;
}

/** What one pass over rows is to gather. Plain data: it travels to workers. */
export type PassSpec = FirstSpec | ApplySpec | ExplainedSpec;

/** What a pass over some of the rows gives, by what it was asked for. */
export type PartOf<Spec extends PassSpec> = Spec extends FirstSpec
  ? FirstPart
  : Spec extends ApplySpec
    ? Float64Array[]
    : ExplainedPart;

/** The work of a pass, its memory taken from the arena; made in slices. */
export function workOf<Spec extends PassSpec>(
  machine: Machine,
  { name, columns }: StoredMatrix,
  bases: readonly PreparedBasis[],
  spec: Spec,
): Generator<void, ChunkWork<PartOf<Spec>>, void>;
export function* workOf(
  machine: Machine,
  { name, columns }: StoredMatrix,
  bases: readonly PreparedBasis[],
  spec: PassSpec,
): Generator<void, ChunkWork<PartOf<PassSpec>>, void> {
  if (spec.kind === "first") return new FirstPass(machine, name, columns, bases, spec);
  if (spec.kind === "explained") return yield* ExplainedSums.of(machine, columns, spec.gaussians, spec.width);
  const vectors: number[] = [];
  for (const block of spec.vectors) {
    vectors.push(machine.copyFloat32(block));
    yield;
  }
  return new GramSums(machine, columns, strideOf(columns), vectors);
}
