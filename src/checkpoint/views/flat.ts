import { SLACK_BYTES } from "../../kernels/dense.js";
import { Companions, type ReadPart } from "./companions.js";
import { quantizedMachine } from "./machine.js";
import type { FlatRecipe } from "./recipe.js";

/** Rows of codes of four bits in blocks that take no notice of rows. */
export class FlatView {
  private readonly companions: Companions;

  constructor(
    private readonly recipe: FlatRecipe,
    private readonly read: ReadPart,
  ) {
    this.companions = new Companions(read);
  }

  /** Rows [first, last) as f32. There is one slice. */
  async rows(_slice: number, first: number, last: number): Promise<Float32Array> {
    const { columns, codes, block, table } = this.recipe;
    const from = first * columns;
    const to = last * columns;
    const even = from & ~1;
    const firstBlock = Math.floor(even / block);
    const [bytes, scales, levels] = await Promise.all([
      this.read(codes, even / 2, Math.ceil(to / 2)),
      this.scales(firstBlock, Math.ceil(to / block)),
      this.companions.values(table, 0, 16),
    ]);
    const machine = await quantizedMachine();
    return machine.scope(() => {
      const { exports } = machine;
      const count = to - even;
      const source = machine.allocate(bytes.length + SLACK_BYTES);
      const target = machine.allocate(count * 4 + SLACK_BYTES);
      machine.bytes(source, bytes.length).set(bytes);
      exports.lookUpNibbles(source, count, 1, machine.copyFloat32(levels), target);
      const scalesAt = machine.copyFloat32(scales);
      const begun = Math.min(count, (firstBlock + 1) * block - even);
      exports.scaleGroups(target, begun, block, scalesAt, 0);
      exports.scaleGroups(target + begun * 4, count - begun, block, scalesAt + 4, 0);
      return machine.float32(target + (from - even) * 4, to - from).slice();
    });
  }

  /** Scales of blocks [first, last): as stored, or table value · its block's scale + offset. */
  private async scales(first: number, last: number): Promise<Float32Array> {
    const {
      recipe: { scales, nested },
      companions,
    } = this;
    if (!nested) return companions.values(scales, first, last);
    const firstOuter = Math.floor(first / nested.block);
    const [codes, table, outer] = await Promise.all([
      companions.bytes(scales, first, last),
      companions.values(nested.table, 0, 256),
      companions.values(nested.scales, firstOuter, Math.ceil(last / nested.block)),
    ]);
    const offset = Math.fround(nested.offset);
    return Float32Array.from(
      codes,
      (code, i) => Math.fround(table[code] * outer[Math.floor((first + i) / nested.block) - firstOuter]) + offset,
    );
  }
}
