/**
 * Codes to weights, in place: a row of f32 codes, and one scale (with a zero or an offset) for each group of columns.
 */

/** (code - zero) · scale; `zeros` may be 0, for none. The last group may be short. */
export function scaleGroups(values: usize, columns: i32, group: i32, scales: usize, zeros: usize): void {
  for (let first = 0; first < columns; first += group) {
    const scale = load<f32>(scales);
    const zero: f32 = zeros == 0 ? 0 : load<f32>(zeros);
    const many = min(group, columns - first);
    const end = values + ((<usize>many) << 2);
    const vectors = values + ((<usize>(many & ~3)) << 2);
    const by = f32x4.splat(scale);
    const less = f32x4.splat(zero);
    if (zeros == 0) {
      for (; values < vectors; values += 16) v128.store(values, f32x4.mul(v128.load(values), by));
      for (; values < end; values += 4) store<f32>(values, load<f32>(values) * scale);
    } else {
      for (; values < vectors; values += 16) v128.store(values, f32x4.mul(f32x4.sub(v128.load(values), less), by));
      for (; values < end; values += 4) store<f32>(values, (load<f32>(values) - zero) * scale);
      zeros += 4;
    }
    scales += 4;
  }
}

/** code · scale + offset, rounded twice. */
export function scaleAndOffsetGroups(values: usize, columns: i32, group: i32, scales: usize, offsets: usize): void {
  for (let first = 0; first < columns; first += group) {
    const scale = load<f32>(scales);
    const offset = load<f32>(offsets);
    const many = min(group, columns - first);
    const end = values + ((<usize>many) << 2);
    const vectors = values + ((<usize>(many & ~3)) << 2);
    const by = f32x4.splat(scale);
    const plus = f32x4.splat(offset);
    for (; values < vectors; values += 16) v128.store(values, f32x4.add(f32x4.mul(v128.load(values), by), plus));
    for (; values < end; values += 4) store<f32>(values, load<f32>(values) * scale + offset);
    scales += 4;
    offsets += 4;
  }
}

/** A scale for each column: the group of column j is `groupOf[j]`, a u32 that the caller has checked. */
export function scaleColumns(values: usize, columns: i32, groupOf: usize, scales: usize, zeros: usize): void {
  for (let j = 0; j < columns; j++) {
    const at = (<usize>load<u32>(groupOf + ((<usize>j) << 2))) << 2;
    const value = values + ((<usize>j) << 2);
    const zero: f32 = zeros == 0 ? 0 : load<f32>(zeros + at);
    store<f32>(value, (load<f32>(value) - zero) * load<f32>(scales + at));
  }
}
