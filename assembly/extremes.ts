/** The largest and lowest of bit patterns, and the value nearest to zero. */

// @ts-ignore: decorator
@inline
export function largestSigned(v: v128): i32 {
  return max(
    max(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1)),
    max(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)),
  );
}

// @ts-ignore: decorator
@inline
export function largestUnsigned(v: v128): u32 {
  return max(
    max(<u32>i32x4.extract_lane(v, 0), <u32>i32x4.extract_lane(v, 1)),
    max(<u32>i32x4.extract_lane(v, 2), <u32>i32x4.extract_lane(v, 3)),
  );
}

/** The value nearest to 0 of a row whose signs are all the same: the least pattern. */
export function nearestToZero(p: usize, end: usize): f64 {
  let least = v128.load_splat<u32>(p);
  for (const vectors = p + ((end - p) & ~15); p < vectors; p += 16) least = i32x4.min_u(least, v128.load(p));
  for (; p < end; p += 4) least = i32x4.min_u(least, v128.load_splat<u32>(p));
  return <f64>reinterpret<f32>(~largestUnsigned(v128.not(least)));
}
