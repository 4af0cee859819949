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
    const { a, b, rank, columns, factor } = this.recipe;
    const count = last - first;
    this.factors ??= this.companions.values(a, 0, rank * columns);
    const [left, right, machine] = await Promise.all([
      this.companions.values(b, first * rank, last * rank),
      this.factors,
      quantizedMachine(),
    ]);
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
}
