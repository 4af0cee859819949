/**
 * AWQ's packing: a word of 32 bits holds eight codes of four bits for one input, of outputs 8c + 0, 2, 4, 6, 1, 3, 5,
 * 7 from the lowest bits up. Rows of the result are outputs.
 */

/** Where the code in nibble k of a word belongs among its eight outputs. */
// @ts-ignore: decorator
@inline
function outputOf(nibble: u32): usize {
  return nibble < 4 ? <usize>(2 * nibble) : <usize>(2 * nibble - 7);
}

/**
 * `inputs` rows of `words` words at `source` to 8 · `words` rows of `stride` ≥ inputs values at `target`; padding stays
 * as it is.
 */
export function unpackInterleaved(source: usize, inputs: i32, words: i32, target: usize, stride: i32): void {
  const down = (<usize>words) << 2;
  const across = (<usize>stride) << 2;
  const fifteen = i32x4.splat(15);
  for (let word = 0; word < words; word++) {
    const column = source + ((<usize>word) << 2);
    const first = target + ((<usize>word) << 3) * across;
    let input = 0;
    for (; input + 4 <= inputs; input += 4) {
      const at = column + <usize>input * down;
      let packed = i32x4.splat(load<i32>(at));
      packed = i32x4.replace_lane(packed, 1, load<i32>(at + down));
      packed = i32x4.replace_lane(packed, 2, load<i32>(at + 2 * down));
      packed = i32x4.replace_lane(packed, 3, load<i32>(at + 3 * down));
      for (let nibble: u32 = 0; nibble < 8; nibble++) {
        v128.store(
          first + outputOf(nibble) * across + ((<usize>input) << 2),
          f32x4.convert_i32x4_s(v128.and(packed, fifteen)),
        );
        packed = i32x4.shr_u(packed, 4);
      }
    }
    for (; input < inputs; input++) {
      let packed = load<u32>(column + <usize>input * down);
      for (let nibble: u32 = 0; nibble < 8; nibble++) {
        store<f32>(first + outputOf(nibble) * across + ((<usize>input) << 2), <f32>(packed & 15));
        packed >>= 4;
      }
    }
  }
}
