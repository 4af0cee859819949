import { SLACK_BYTES } from "../../kernels/dense.js";
import { Companions, type ReadPart } from "./companions.js";
import { quantizedMachine } from "./machine.js";
import type { LowRankRecipe } from "./recipe.js";

/** Rows of factor · B · A; A stays, B passes. */
export class LowRankView {
  private readonly companions: Companions;
  private factors: Promise<Float32Array> | null = null;

  constructor(
    private readonly recipe: LowRankRecipe,
    read: ReadPart,
  ) {
    this.companions = new Companions(read);
  }

  /** Rows [first, last) as f32. There is one slice. */
  async rows(_slice: number, first: number, last: number): Promise<Float32Array> {
    const { rank, columns, factor } = this.recipe;
    const count = last - first;
    this.factors ??= this.right();
    const [left, right, machine] = await Promise.all([this.left(first, last), this.factors, quantizedMachine()]);
    return machine.scope(() => {
      const target = machine.allocate(count * columns * 4 + SLACK_BYTES);
      machine.exports.multiplyLowRank(
        machine.copyFloat32(left),
        count,
        rank,
        machine.copyFloat32(right),
        columns,
        factor,
        target,
      );
      return machine.float32(target, count * columns).slice();
    });
  }

  /** A as rank × columns. */
  private async right(): Promise<Float32Array> {
    const { a, aTurned, rank, columns } = this.recipe;
    const values = await this.companions.values(a, 0, rank * columns);
    return aTurned ? turned(values, columns, rank) : values;
  }

  /** Rows [first, last) of B as rows × rank. */
  private async left(first: number, last: number): Promise<Float32Array> {
    const { b, bTurned, rank, rows } = this.recipe;
    if (!bTurned) return this.companions.values(b, first * rank, last * rank);
    const parts = await Promise.all(
      Array.from({ length: rank }, (_, k) => this.companions.values(b, k * rows + first, k * rows + last)),
    );
    const whole = new Float32Array(rank * (last - first));
    parts.forEach((part, k) => whole.set(part, k * (last - first)));
    return turned(whole, rank, last - first);
  }
}

function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return result;
}
