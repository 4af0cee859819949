import { finished } from "../../host/pauses.js";
import { eigenvectorsInSlices } from "../../kernels/eigenvectors.js";
import type { Machine } from "../../kernels/machine.js";
import { allSquaresInSlices, floorOf } from "../../spectra/all-values.js";
import type { ScaledSquares, SpectrumEvents } from "../spectrum.js";
import type { Products } from "./products.js";

interface Shape {
  rows: number;
  columns: number;
}

/** All σ² from the Gram matrix of the smaller side, which is destroyed. */
export function squaresOf(
  machine: Machine,
  { total, side }: Products,
  { rows, columns }: Shape,
  events: SpectrumEvents,
): Promise<ScaledSquares> {
  const gram = { pointer: total, stride: side, order: Math.min(rows, columns), terms: Math.max(rows, columns) };
  return finished(allSquaresInSlices(machine, gram), events);
}

/**
 * The same, with unit eigenvectors of the largest, as many as `count` says when it knows all. They lie in the arena.
 */
export async function squaresAndVectors(
  machine: Machine,
  { total, side }: Products,
  { rows, columns }: Shape,
  count: (found: ScaledSquares) => number,
  events: SpectrumEvents,
): Promise<ScaledSquares & { vectors: Float64Array[] }> {
  const order = Math.min(rows, columns);
  const foundOf = (values: Float64Array): ScaledSquares => {
    const squares = values.map((value) => Math.max(0, value));
    const whole = squares.reduce((sum, square) => sum + square, 0);
    return { squares, floor: floorOf(whole, order, Math.max(rows, columns)) };
  };
  const asked = (values: Float64Array): number => count(foundOf(values));
  const found = await finished(eigenvectorsInSlices(machine, total, order, side, asked), events);
  const vectors = Array.from({ length: found.count }, (_, k) =>
    machine.float64(found.vectors + k * order * 8, order).slice(),
  );
  return { ...foundOf(found.values), vectors };
}
