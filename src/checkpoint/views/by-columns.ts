import { SLACK_BYTES } from "../../kernels/dense.js";
import { Companions, type ReadPart } from "./companions.js";
import { quantizedMachine } from "./machine.js";
import type { ColumnRecipe } from "./recipe.js";

/** Outputs whose packed codes are held: bytes as stored, their scales and zeros as groups a row. */
interface Panel {
  first: number;
  last: number;
  codes: Uint8Array;
  scales: Float32Array;
  zeros: Float32Array;
}

/** A panel begins at a multiple of this many outputs: zeros of any width are then whole words. */
const UNIT = 32;
const READS_AT_ONCE = 64;

/**
 * Rows of a matrix that is stored by its columns. As many rows as `panelBytes` of packed codes hold are read together,
 * the whole matrix where it fits, and then given out block by block.
 */
export class ColumnView {
  private readonly companions: Companions;
  private panel: Promise<Panel> | null = null;
  private held = { first: 0, last: 0 };

  constructor(
    private readonly recipe: ColumnRecipe,
    private readonly read: ReadPart,
    private readonly panelBytes: number,
  ) {
    this.companions = new Companions(read);
  }

  /** Rows [first, last) as f32. There is one slice. */
  async rows(_slice: number, first: number, last: number): Promise<Float32Array> {
    const { rows, columns } = this.recipe;
    const result = new Float32Array((last - first) * columns);
    const each = panelRows(this.recipe, this.panelBytes);
    for (let row = first; row < last; ) {
      const start = Math.floor(row / each) * each;
      const end = Math.min(rows, start + each);
      const to = Math.min(last, end);
      if (!this.panel || this.held.first !== start) {
        this.held = { first: start, last: end };
        this.panel = this.fetch(start, end);
        this.panel.catch(() => {
          this.panel = null;
        });
      }
      result.set(await this.unpack(await this.panel, row, to), (row - first) * columns);
      row = to;
    }
    return result;
  }

  /** Bytes of one stored row of codes for `outputs` outputs. */
  private width(outputs: number): number {
    return this.recipe.packing === "interleaved" ? outputs / 2 : outputs * 4;
  }

  private async fetch(first: number, last: number): Promise<Panel> {
    const { codes, rows, columns, group } = this.recipe;
    const groups = Math.ceil(columns / group);
    const stored = codes.shape[0];
    const whole = this.width(rows);
    const from = this.width(first);
    const length = this.width(last - first);
    if (first === 0 && last === rows)
      return {
        first,
        last,
        codes: (await this.read(codes, 0, codes.byteLength)).slice(),
        ...(await this.scales(first, last, groups)),
      };
    const bytes = new Uint8Array(stored * length);
    for (let row = 0; row < stored; row += READS_AT_ONCE) {
      const batch = Array.from({ length: Math.min(READS_AT_ONCE, stored - row) }, (_, i) =>
        this.read(codes, (row + i) * whole + from, (row + i) * whole + from + length),
      );
      (await Promise.all(batch)).forEach((part, i) => bytes.set(part, (row + i) * length));
    }
    return { first, last, codes: bytes, ...(await this.scales(first, last, groups)) };
  }

  /** Scales and zeros of outputs [first, last), turned to outputs × groups. */
  private async scales(
    first: number,
    last: number,
    groups: number,
  ): Promise<{ scales: Float32Array; zeros: Float32Array }> {
    const {
      recipe: { scales, rows, bits, zeros, zeroOffset, packing },
    } = this;
    const count = last - first;
    const found = new Float32Array(count * groups);
    const foundZeros = new Float32Array(count * groups).fill(1 << (bits - 1));
    for (let group = 0; group < groups; group++) {
      const values = await this.companions.values(scales, group * rows + first, group * rows + last);
      for (let i = 0; i < count; i++) found[i * groups + group] = values[i];
    }
    if (!zeros) return { scales: found, zeros: foundZeros };
    const mask = (1 << bits) - 1;
    const rowBytes = zeros.byteLength / zeros.shape[0];
    const from = (first * bits) / 8;
    const to = Math.min(rowBytes, Math.ceil((last * bits) / 8));
    for (let group = 0; group < groups; group++) {
      const row = await this.companions.bytes(zeros, group * rowBytes + from, group * rowBytes + to);
      for (let i = 0; i < count; i++) {
        const place = packing === "interleaved" ? (i & ~7) + nibbleOf[i & 7] : i;
        const bit = place * bits;
        const at = bit >> 3;
        const code = ((row[at] | ((row[at + 1] ?? 0) << 8)) >> (bit & 7)) & mask;
        foundZeros[i * groups + group] = (code + zeroOffset) & mask;
      }
    }
    return { scales: found, zeros: foundZeros };
  }

  private async unpack(panel: Panel, first: number, last: number): Promise<Float32Array> {
    const {
      recipe: { columns, group, groupOf, packing, bits, codes },
    } = this;
    const groups = Math.ceil(columns / group);
    const stored = codes.shape[0];
    const order = groupOf && (await this.companions.groups(groupOf, columns, groups));
    const machine = await quantizedMachine();
    // Interleaved outputs come by eights.
    const [from, to] = packing === "interleaved" ? [first & ~7, Math.min(panel.last, (last + 7) & ~7)] : [first, last];
    const count = to - from;
    const whole = this.width(panel.last - panel.first);
    const length = this.width(count);
    const offset = this.width(from - panel.first);
    return machine.scope(() => {
      const { exports } = machine;
      const source = machine.allocate(stored * length + SLACK_BYTES);
      const target = machine.allocate(count * columns * 4 + SLACK_BYTES);
      const bytes = machine.bytes(source, stored * length);
      for (let row = 0; row < stored; row++)
        bytes.set(panel.codes.subarray(row * whole + offset, row * whole + offset + length), row * length);
      if (packing === "interleaved") exports.unpackInterleaved(source, columns, count / 8, target, columns);
      else {
        const turned = machine.allocate(stored * length + SLACK_BYTES);
        exports.transpose(source, stored, count, turned, stored);
        for (let i = 0; i < count; i++)
          exports.unpackBits(bits, turned + i * stored * 4, columns, target + i * columns * 4);
      }
      const at = (from - panel.first) * groups;
      const scales = machine.copyFloat32(panel.scales.subarray(at, at + count * groups));
      const zeros = machine.copyFloat32(panel.zeros.subarray(at, at + count * groups));
      const order32 = order ? machine.copyUint32(order) : 0;
      for (let i = 0; i < count; i++) {
        const values = target + i * columns * 4;
        const place = i * groups * 4;
        if (order32) exports.scaleColumns(values, columns, order32, scales + place, zeros + place);
        else exports.scaleGroups(values, columns, group, scales + place, zeros + place);
      }
      return machine.float32(target + (first - from) * columns * 4, (last - first) * columns).slice();
    });
  }
}

/** The nibble of a word in which AWQ keeps output 0 … 7. */
const nibbleOf = [0, 4, 1, 5, 2, 6, 3, 7];

/** Rows of the panels that `bytes` hold. */
export function panelRows({ rows, codes, packing }: ColumnRecipe, bytes: number): number {
  const each = codes.shape[0] * (packing === "interleaved" ? 0.5 : 4);
  const fitting = Math.floor(bytes / each);
  return fitting >= rows ? rows : Math.max(UNIT, fitting - (fitting % UNIT));
}
