import { SLACK_BYTES } from "../../kernels/dense.js";
import type { QuantizedExports } from "../../kernels/exports.js";
import type { Machine } from "../../kernels/machine.js";
import { dataType } from "../dtypes.js";
import { Companions, type ReadPart } from "./companions.js";
import { quantizedMachine } from "./machine.js";
import type { RowRecipe, Scales } from "./recipe.js";

/** Numbers that go with rows [first, last) of a slice, as many a row as `count`. */
interface RowValues {
  values: Float32Array;
  count: number;
  firstRow: number;
  rowsEach: number;
}

/** Rows whose codes lie together. */
export class RowView {
  private readonly companions: Companions;

  constructor(
    private readonly recipe: RowRecipe,
    private readonly read: ReadPart,
  ) {
    this.companions = new Companions(read);
  }

  /** Rows [first, last) of a slice as f32. */
  async rows(slice: number, first: number, last: number): Promise<Float32Array> {
    const { recipe } = this;
    const { codes, columns } = recipe;
    const count = last - first;
    const start = (slice * recipe.rows + first) * codes.rowBytes;
    const [bytes, scales, zeros, biases, groupOf, factor] = await Promise.all([
      this.read(codes.tensor, start, start + count * codes.rowBytes),
      this.valuesOf(recipe.scales, slice, first, last),
      this.zeros(slice, first, last),
      recipe.biases && this.valuesOf(recipe.biases, slice, first, last),
      recipe.groupOf && this.companions.groups(recipe.groupOf, columns, Math.ceil(columns / recipe.scales.columnsEach)),
      this.factor(slice),
    ]);
    if (factor !== 1) for (let i = 0; i < scales.values.length; i++) scales.values[i] = scales.values[i] * factor;
    const machine = await quantizedMachine();
    return machine.scope(() => {
      const target = machine.allocate(count * columns * 4 + SLACK_BYTES);
      this.unpack(machine, bytes, count, target);
      const at = (found: RowValues | null): number => (found ? machine.copyFloat32(found.values) : 0);
      const scalesAt = at(scales);
      const zerosAt = at(zeros);
      const biasesAt = at(biases);
      const groups = groupOf ? machine.copyUint32(groupOf) : 0;
      const placeOf = (found: RowValues | null, pointer: number, row: number): number =>
        found ? pointer + (Math.floor(row / found.rowsEach) - found.firstRow) * found.count * 4 : 0;
      for (let row = first; row < last; row++) {
        const values = target + (row - first) * columns * 4;
        const scale = placeOf(scales, scalesAt, row);
        const zero = placeOf(zeros, zerosAt, row);
        if (groups) machine.exports.scaleColumns(values, columns, groups, scale, zero);
        else if (biases)
          machine.exports.scaleAndOffsetGroups(
            values,
            columns,
            recipe.scales.columnsEach,
            scale,
            placeOf(biases, biasesAt, row),
          );
        else machine.exports.scaleGroups(values, columns, recipe.scales.columnsEach, scale, zero);
      }
      return machine.float32(target, count * columns).slice();
    });
  }

  private unpack(machine: Machine<QuantizedExports>, bytes: Uint8Array, count: number, target: number): void {
    const { codes, columns } = this.recipe;
    const { exports } = machine;
    const source = machine.allocate(bytes.length + SLACK_BYTES);
    machine.bytes(source, bytes.length).set(bytes);
    if (codes.kind === "values") {
      const { kernel, code } = dataType(codes.type)!;
      if (kernel === "decode") exports.decode(code, source, count * columns, target, 1);
      else exports.dequantize(code, source, count * columns, target);
      return;
    }
    const table = codes.kind === "nibbles" ? machine.copyFloat32(codes.table) : 0;
    for (let row = 0; row < count; row++) {
      const from = source + row * codes.rowBytes;
      const to = target + row * columns * 4;
      if (codes.kind === "nibbles") exports.lookUpNibbles(from, columns, codes.highFirst ? 1 : 0, table, to);
      else if (codes.words) exports.unpackWords(codes.bits, from, columns, to);
      else exports.unpackBits(codes.bits, from, columns, to);
    }
  }

  private async valuesOf(
    { tensor, type, rowsEach, columnsEach, shared }: Scales,
    slice: number,
    first: number,
    last: number,
  ): Promise<RowValues> {
    const { rows, columns } = this.recipe;
    const count = Math.ceil(columns / columnsEach);
    const each = Math.ceil(rows / rowsEach);
    const firstRow = Math.floor(first / rowsEach);
    const before = (shared ? 0 : slice * each) + firstRow;
    const values = await this.companions.values(
      tensor,
      before * count,
      (before + Math.ceil(last / rowsEach) - firstRow) * count,
      type,
    );
    return { values, count, firstRow, rowsEach };
  }

  private async zeros(slice: number, first: number, last: number): Promise<RowValues | null> {
    const { zeros, columns, scales } = this.recipe;
    const count = Math.ceil(columns / scales.columnsEach);
    if (typeof zeros === "number")
      return zeros === 0
        ? null
        : { values: new Float32Array(count).fill(zeros), count, firstRow: 0, rowsEach: Infinity };
    if ("type" in zeros) return this.valuesOf(zeros, slice, first, last);
    const words = await this.companions.integers(zeros.tensor);
    const each = Math.floor(32 / zeros.bits);
    const mask = (1 << zeros.bits) - 1;
    const values = new Float32Array((last - first) * count);
    for (let row = first; row < last; row++) {
      const shift = (row % each) * zeros.bits;
      const at = Math.floor(row / each) * count;
      for (let k = 0; k < count; k++) values[(row - first) * count + k] = (words[at + k] >>> shift) & mask;
    }
    return { values, count, firstRow: first, rowsEach: 1 };
  }

  private async factor(slice: number): Promise<number> {
    const { factor } = this.recipe;
    if (typeof factor === "number") return factor;
    const at = factor.tensor.parameters > 1 ? slice : 0;
    const [value] = await this.companions.values(factor.tensor, at, at + 1);
    return factor.inverse ? 1 / value : value;
  }
}
