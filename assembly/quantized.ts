/** Block-quantised and other packed types to f32: a module of its own, loaded when a tensor needs it. */
import { q2_k, q3_k, q4_k, q5_k, q6_k, q8_k } from "./quantized/blocks256";
import { iq4_nl, mxfp4, q4_0, q4_1, q5_0, q5_1, q8 } from "./quantized/blocks32";
import { iq2_s, iq2_xs, iq2_xxs, iq3_s, iq3_xxs, iq4_xs } from "./quantized/codebook-blocks";
import { iq1_m, iq1_s } from "./quantized/codebook-ternary";
import { f4, f6, f8_e8m0, f8_fnuz } from "./quantized/narrow";
import { tq1_0, tq2_0 } from "./quantized/ternary";

export { decode } from "./decode";
export { allocate, mark, release, setLimit } from "./memory";
export { transpose } from "./permute";
export { unpackBits, unpackWords } from "./quantized/bits";
export { scaleAndOffsetGroups, scaleColumns, scaleGroups } from "./quantized/groups";
export { unpackInterleaved } from "./quantized/interleaved";
export { lookUpNibbles } from "./quantized/lookup";
export { multiplyLowRank } from "./quantized/low-rank";

/**
 * `blocks` blocks at `source` (any alignment) to f32 at `target`. Below 64 the codes are GGML's own numbers,
 * from 64 on src/checkpoint/dtypes.ts gives them. Results are the reference's to the bit.
 */
export function dequantize(type: i32, source: usize, blocks: i32, target: usize): void {
  switch (type) {
    case 2:
      return q4_0(source, blocks, target);
    case 3:
      return q4_1(source, blocks, target);
    case 6:
      return q5_0(source, blocks, target);
    case 7:
      return q5_1(source, blocks, target);
    case 8:
      return q8(source, blocks, target, 2);
    case 9:
      return q8(source, blocks, target, 4);
    case 10:
      return q2_k(source, blocks, target);
    case 11:
      return q3_k(source, blocks, target);
    case 12:
      return q4_k(source, blocks, target);
    case 13:
      return q5_k(source, blocks, target);
    case 14:
      return q6_k(source, blocks, target);
    case 15:
      return q8_k(source, blocks, target);
    case 16:
      return iq2_xxs(source, blocks, target);
    case 17:
      return iq2_xs(source, blocks, target);
    case 18:
      return iq3_xxs(source, blocks, target);
    case 19:
      return iq1_s(source, blocks, target);
    case 20:
      return iq4_nl(source, blocks, target);
    case 21:
      return iq3_s(source, blocks, target);
    case 22:
      return iq2_s(source, blocks, target);
    case 23:
      return iq4_xs(source, blocks, target);
    case 29:
      return iq1_m(source, blocks, target);
    case 34:
      return tq1_0(source, blocks, target);
    case 35:
      return tq2_0(source, blocks, target);
    case 39:
      return mxfp4(source, blocks, target);
    case 64:
      return f8_e8m0(source, blocks, target);
    case 65:
      return f8_fnuz(source, blocks, target, 4);
    case 66:
      return f8_fnuz(source, blocks, target, 5);
    case 67:
      return f6(source, blocks, target, 2);
    case 68:
      return f6(source, blocks, target, 3);
    case 69:
      return f4(source, blocks, target);
  }
}
