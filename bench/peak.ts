/**
 * What one core can do in plain SIMD at best: twelve independent chains of a multiplication and an addition, nothing
 * loaded, twice in the loop so that the loop itself does not count.
 */
export function multiplyAndAdd(steps: i32): f32 {
  const x = f32x4.splat(0.999);
  const y = f32x4.splat(0.001);
  let a = f32x4.splat(1);
  let b = f32x4.splat(2);
  let c = f32x4.splat(3);
  let d = f32x4.splat(4);
  let e = f32x4.splat(5);
  let f = f32x4.splat(6);
  let g = f32x4.splat(7);
  let h = f32x4.splat(8);
  let i = f32x4.splat(9);
  let j = f32x4.splat(10);
  let k = f32x4.splat(11);
  let l = f32x4.splat(12);
  for (let n = 0; n < steps; n += 2) {
    a = f32x4.add(f32x4.mul(a, x), y);
    b = f32x4.add(f32x4.mul(b, x), y);
    c = f32x4.add(f32x4.mul(c, x), y);
    d = f32x4.add(f32x4.mul(d, x), y);
    e = f32x4.add(f32x4.mul(e, x), y);
    f = f32x4.add(f32x4.mul(f, x), y);
    g = f32x4.add(f32x4.mul(g, x), y);
    h = f32x4.add(f32x4.mul(h, x), y);
    i = f32x4.add(f32x4.mul(i, x), y);
    j = f32x4.add(f32x4.mul(j, x), y);
    k = f32x4.add(f32x4.mul(k, x), y);
    l = f32x4.add(f32x4.mul(l, x), y);
    a = f32x4.add(f32x4.mul(a, x), y);
    b = f32x4.add(f32x4.mul(b, x), y);
    c = f32x4.add(f32x4.mul(c, x), y);
    d = f32x4.add(f32x4.mul(d, x), y);
    e = f32x4.add(f32x4.mul(e, x), y);
    f = f32x4.add(f32x4.mul(f, x), y);
    g = f32x4.add(f32x4.mul(g, x), y);
    h = f32x4.add(f32x4.mul(h, x), y);
    i = f32x4.add(f32x4.mul(i, x), y);
    j = f32x4.add(f32x4.mul(j, x), y);
    k = f32x4.add(f32x4.mul(k, x), y);
    l = f32x4.add(f32x4.mul(l, x), y);
  }
  const sum = f32x4.add(
    f32x4.add(f32x4.add(a, b), f32x4.add(c, d)),
    f32x4.add(f32x4.add(e, f), f32x4.add(f32x4.add(g, h), f32x4.add(f32x4.add(i, j), f32x4.add(k, l)))),
  );
  return f32x4.extract_lane(sum, 0);
}

/** Copies `bytes` bytes inside the memory. */
export function copy(target: usize, source: usize, bytes: usize): void {
  memory.copy(target, source, bytes);
}

/**
 * Σx and Σx² of `count` (a multiple of 512) bf16 values, nothing stored: eight f32 sums of each join f64 after 512
 * values, the least that a norm and a mean can cost. For comparison only: the library's one pass takes
 * assembly/reduce.ts's moments.
 */
export function sumsOfBf16(source: usize, count: i32, out: usize): void {
  const zero = i32x4.splat(0);
  let sum = f64x2.splat(0);
  let squares = sum;
  for (const end = source + ((<usize>count) << 1); source < end; ) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let q0 = s0;
    let q1 = s0;
    for (const border = source + 1024; source < border; source += 16) {
      const stored = v128.load(source);
      const x = v128.shuffle<i16>(zero, stored, 0, 8, 1, 9, 2, 10, 3, 11);
      const z = v128.shuffle<i16>(zero, stored, 4, 12, 5, 13, 6, 14, 7, 15);
      s0 = f32x4.add(s0, x);
      s1 = f32x4.add(s1, z);
      q0 = f32x4.add(q0, f32x4.mul(x, x));
      q1 = f32x4.add(q1, f32x4.mul(z, z));
    }
    sum = f64x2.add(sum, f64x2.add(promoted(s0), promoted(s1)));
    squares = f64x2.add(squares, f64x2.add(promoted(q0), promoted(q1)));
  }
  store<f64>(out, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
  store<f64>(out, f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1), 8);
}

// @ts-ignore: decorator
@inline
function promoted(v: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3)));
}

/**
 * What a sparse product with eight vectors reads and writes, without its arithmetic: `each` indices and values a row,
 * and the rows of x they name.
 */
export function gather(rows: i32, each: i32, indices: usize, values: usize, x: usize, y: usize): void {
  for (const border = y + ((<usize>rows) << 5); y < border; y += 32) {
    let low = i32x4.splat(0);
    let high = low;
    let other = low;
    for (const end = indices + ((<usize>each) << 2); indices < end; indices += 4, values += 4) {
      const row = x + ((<usize>load<u32>(indices)) << 5);
      low = v128.xor(low, v128.load(row));
      high = v128.xor(high, v128.load(row, 16));
      other = v128.xor(other, v128.load_splat<u32>(values));
    }
    v128.store(y, v128.xor(low, other));
    v128.store(y, high, 16);
  }
}
