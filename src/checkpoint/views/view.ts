import { ColumnView } from "./by-columns.js";
import { RowView } from "./by-rows.js";
import type { ReadPart } from "./companions.js";
import { FlatView } from "./flat.js";
import { LowRankView } from "./low-rank.js";
import type { Recipe } from "./recipe.js";

/** A matrix that is read through its companions. */
export interface View {
  /** Rows [first, last) of a slice as f32, each of them dequantised once. */
  rows(slice: number, first: number, last: number): Promise<Float32Array>;
}

/** Values dequantised at once, so that the kernels' memory does not grow with what is asked for. */
const VALUES_AT_ONCE = 1 << 18;

function viewOf(recipe: Recipe, read: ReadPart, panelBytes: number): View {
  switch (recipe.kind) {
    case "rows":
      return new RowView(recipe, read);
    case "columns":
      return new ColumnView(recipe, read, panelBytes);
    case "flat":
      return new FlatView(recipe, read);
    case "low-rank":
      return new LowRankView(recipe, read);
  }
}

/** The bytes that a recipe's matrices would have as F32, one slice after the other. */
export class ViewBytes {
  private readonly view: View;

  /** `panelBytes`: what a matrix stored by columns may hold of its codes. */
  constructor(
    private readonly recipe: Recipe,
    read: ReadPart,
    panelBytes: number,
  ) {
    this.view = viewOf(recipe, read, panelBytes);
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const { rows, columns } = this.recipe;
    const rowBytes = columns * 4;
    const result = new Uint8Array(end - start);
    const each = Math.max(1, Math.floor(VALUES_AT_ONCE / columns));
    const last = Math.ceil(end / rowBytes);
    for (let row = Math.floor(start / rowBytes); row < last; ) {
      const slice = Math.floor(row / rows);
      const first = row - slice * rows;
      const to = Math.min(rows, first + each, last - slice * rows);
      const values = await this.view.rows(slice, first, to);
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const at = row * rowBytes;
      const from = Math.max(0, start - at);
      result.set(bytes.subarray(from, Math.min(bytes.length, end - at)), at + from - start);
      row += to - first;
    }
    return result;
  }
}
