import { IQ1, IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS } from "./codebook-sets";

/** The points, one byte a lane: eight lanes where a digit has three values, four where it has eight. */
export const iq2xxs: usize = memory.data(256 * 8, 16);
export const iq2xs: usize = memory.data(512 * 8, 16);
export const iq2s: usize = memory.data(1024 * 8, 16);
export const iq1: usize = memory.data(2048 * 8, 16);
export const iq3xxs: usize = memory.data(256 * 4, 16);
export const iq3s: usize = memory.data(512 * 4, 16);

const threeLevels: usize = memory.data<i8>([8, 25, 43]);
const ternary: usize = memory.data<i8>([-1, 0, 1]);
const eightLevels: usize = memory.data<i8>([4, 12, 20, 28, 36, 44, 52, 62]);
const oddLevels: usize = memory.data<i8>([1, 3, 5, 7, 9, 11, 13, 15]);

let ready: bool = false;

/** Writes the points out once; they take 33 kB. */
export function prepareCodebooks(): void {
  if (ready) return;
  expand(IQ2_XXS, 3, 8, threeLevels, iq2xxs);
  expand(IQ2_XS, 3, 8, threeLevels, iq2xs);
  expand(IQ2_S, 3, 8, threeLevels, iq2s);
  expand(IQ1, 3, 8, ternary, iq1);
  expand(IQ3_XXS, 8, 4, eightLevels, iq3xxs);
  expand(IQ3_S, 8, 4, oddLevels, iq3s);
  ready = true;
}

function expand(set: usize, base: i32, lanes: i32, levels: usize, target: usize): void {
  let points = 1;
  for (let lane = 0; lane < lanes; lane++) points *= base;
  for (let code = 0; code < points; code++) {
    if (((load<u8>(set + <usize>(code >> 3)) >> <u8>(code & 7)) & 1) == 0) continue;
    let digits = code;
    for (let lane = 0; lane < lanes; lane++) {
      store<i8>(target++, load<i8>(levels + <usize>(digits % base)));
      digits /= base;
    }
  }
}
