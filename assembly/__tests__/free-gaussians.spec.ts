import { current, evaluate, amplitude, centre, place, sigma } from "../active";
import { sample, windowEnd, windowFirst } from "../atom";
import { addScaled, dot } from "../vector";
import { allocate, mark, release } from "../memory";
import { PADDING, bestCentre, bestSigma, prepareDictionary, search } from "../pursuit";
import { converged, prepareProjection, refine } from "../varpro";

/** A small linear congruential generator in [-1, 1). */
let state: u32 = 1;
function random(): f64 {
  state = state * 1664525 + 1013904223;
  return <f64>(state >> 8) / 8388608.0 - 1;
}

function gaussian(j: i32, centre: f64, sigma: f64): f64 {
  const z = (<f64>j - centre) / sigma;
  return Math.exp(-0.5 * z * z);
}

describe("one Gaussian", () => {
  it("is sampled like exp, wherever its centre lies", () => {
    const marked = mark();
    const samples = allocate(8 * 200);
    for (let trial = 0; trial < 150; trial++) {
      const sigma = Math.exp(2.5 * random() + 1.3);
      const middle = 100 + 110 * random();
      const from = windowFirst(200, middle, sigma, 9);
      const to = windowEnd(200, middle, sigma, 9);
      expect<bool>(from >= 0 && from < to && to <= 200).toBe(true);
      sample(middle, sigma, from, to, samples);
      let worst = 0.0;
      for (let j = from; j < to; j++) {
        const expected = gaussian(j, middle, sigma);
        worst = Math.max(worst, Math.abs(load<f64>(samples + ((<usize>j) << 3)) - expected) / (expected + 1e-290));
      }
      expect<f64>(worst).toBeLessThan(1e-12);
    }
    release(marked);
  });

  it("has a window of one column where it lies far outside", () => {
    expect<i32>(windowFirst(10, -500, 1, 6)).toBe(0);
    expect<i32>(windowEnd(10, -500, 1, 6)).toBe(1);
    expect<i32>(windowFirst(10, 500, 1, 6)).toBe(9);
    expect<i32>(windowEnd(10, 500, 1, 6)).toBe(10);
    expect<i32>(windowFirst(1, 0.2, 1e30, 6)).toBe(0);
    expect<i32>(windowEnd(1, 0.2, 1e30, 6)).toBe(1);
  });
});

describe("sums", () => {
  it("dot and addScaled agree with loops for every length", () => {
    const marked = mark();
    const a = allocate(8 * 64);
    const b = allocate(8 * 64);
    for (let count = 0; count < 40; count++) {
      let expected = 0.0;
      for (let j = 0; j < 64; j++) {
        store<f64>(a + ((<usize>j) << 3), random());
        store<f64>(b + ((<usize>j) << 3), random());
        if (j < count) expected += load<f64>(a + ((<usize>j) << 3)) * load<f64>(b + ((<usize>j) << 3));
      }
      expect<f64>(Math.abs(dot(a, b, count) - expected)).toBeLessThan(1e-13);
      const before = load<f64>(a + ((<usize>count) << 3));
      const last = count > 0 ? load<f64>(a + ((<usize>(count - 1)) << 3)) : 0;
      addScaled(a, 2, b, count);
      expect<f64>(load<f64>(a + ((<usize>count) << 3))).toBe(before);
      if (count > 0)
        expect<f64>(load<f64>(a + ((<usize>(count - 1)) << 3))).toBe(
          last + 2 * load<f64>(b + ((<usize>(count - 1)) << 3)),
        );
    }
    release(marked);
  });
});

describe("pursuit", () => {
  it("finds the entry of the dictionary that an exhaustive search finds", () => {
    for (let columns = 1; columns < 140; columns += 23) {
      const marked = mark();
      expect<usize>(prepareDictionary(columns, 0.3, <f64>columns)).not.toBe(0);
      const bytes = (<usize>(columns + 2 * PADDING + 8)) << 2;
      const padded = allocate(<f64>bytes);
      memory.fill(padded, 0, bytes);
      const residual = padded + ((<usize>PADDING) << 2);
      for (let j = 0; j < columns; j++) store<f32>(residual + ((<usize>j) << 2), <f32>random());
      const score = search(residual);
      // What it reports is what that Gaussian explains …
      let product = 0.0;
      let square = 0.0;
      for (let j = 0; j < columns; j++) {
        const value = gaussian(j, bestCentre, bestSigma);
        product += value * <f64>load<f32>(residual + ((<usize>j) << 2));
        square += value * value;
      }
      expect<f64>(Math.abs(score - (product * product) / square)).toBeLessThan(2e-3 * score);
      // … and no Gaussian at any column, of any width of the dictionary, explains clearly more.
      const widths = columns == 1 ? 4 : 1 + <i32>Math.ceil(Math.log(<f64>columns / 0.3) / Math.log(1.5));
      let most = 0.0;
      for (let i = 0; i < widths; i++) {
        const width = 0.3 * Math.exp((Math.log(<f64>columns / 0.3) * <f64>i) / <f64>(widths - 1));
        const spacing = max(1, <i32>Math.floor(0.5 * width));
        for (let p = 0; p < columns; p += spacing) {
          product = 0;
          square = 0;
          for (let j = 0; j < columns; j++) {
            const value = gaussian(j, <f64>p, width);
            product += value * <f64>load<f32>(residual + ((<usize>j) << 2));
            square += value * value;
          }
          most = Math.max(most, (product * product) / square);
        }
      }
      expect<f64>(most).toBeLessThan(score * 1.002);
      release(marked);
    }
  });
});

describe("variable projection", () => {
  it("solves for amplitudes and brings three Gaussians home", () => {
    const marked = mark();
    const columns = 80;
    expect<usize>(prepareProjection(columns, <f64>(<f32>0.3), <f64>columns)).not.toBe(0);
    const target = allocate(8 * 80);
    let energy = 0.0;
    for (let j = 0; j < columns; j++) {
      const value = 2 * gaussian(j, 20.4, 3) - gaussian(j, 27.7, 5) + 0.5 * gaussian(j, 60.2, 1.3);
      store<f64>(target + ((<usize>j) << 3), value);
      energy += value * value;
    }
    place(current, 0, 20.4, 3);
    place(current, 1, 27.7, 5);
    place(current, 2, 60.2, 1.3);
    expect<f64>(evaluate(current, 3, target, energy)).toBeLessThan(1e-7);
    expect<f64>(Math.abs(amplitude(0) - 2)).toBeLessThan(1e-6);
    expect<f64>(Math.abs(amplitude(1) + 1)).toBeLessThan(1e-6);
    place(current, 0, 19, 4);
    place(current, 1, 30, 4);
    place(current, 2, 61, 2);
    const start = evaluate(current, 3, target, energy);
    const iterations = refine(3, target, energy, 100, 1e-10);
    expect<bool>(converged).toBe(true);
    expect<bool>(iterations > 1 && iterations < 100).toBe(true);
    expect<f64>(evaluate(current, 3, target, energy)).toBeLessThan(1e-6 * start);
    expect<f64>(Math.abs(centre(0) - 20.4)).toBeLessThan(1e-4);
    expect<f64>(Math.abs(sigma(1) - 5)).toBeLessThan(1e-3);
    expect<f64>(Math.abs(centre(2) - 60.2)).toBeLessThan(1e-4);
    release(marked);
  });

  it("stops where it is told to, and says so", () => {
    const marked = mark();
    prepareProjection(50, <f64>(<f32>0.3), 50);
    const target = allocate(8 * 50);
    let energy = 0.0;
    for (let j = 0; j < 50; j++) {
      const value = random();
      store<f64>(target + ((<usize>j) << 3), value);
      energy += value * value;
    }
    place(current, 0, 25, 10);
    expect<i32>(refine(1, target, energy, 2, 0)).toBe(2);
    expect<bool>(converged).toBe(false);
    release(marked);
  });
});
