import { Basis, Segment } from "./basis-record";
import { multiplyAdd, sumLanesOfFour } from "./simd";

/**
 * The products and solves of a uniform basis on four rows at a time: b = W Gᵀ over windows, then either the banded
 * triangular solves or, for a dependent basis, the two dense factors of the pseudo-inverse.
 */

/** Four rows · two Gaussians over `length` columns, added to f64 products [2][4]. */
function productOfPair(length: i32, a0: usize, a1: usize, a2: usize, a3: usize, g: usize, products: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = g + ((<usize>length) << 3);
  while (g < end) {
    const g0 = v128.load(g);
    const g1 = v128.load(g, 16);
    const x0 = v128.load(a0);
    c00 = multiplyAdd(x0, g0, c00);
    c01 = multiplyAdd(x0, g1, c01);
    const x1 = v128.load(a1);
    c10 = multiplyAdd(x1, g0, c10);
    c11 = multiplyAdd(x1, g1, c11);
    const x2 = v128.load(a2);
    c20 = multiplyAdd(x2, g0, c20);
    c21 = multiplyAdd(x2, g1, c21);
    const x3 = v128.load(a3);
    c30 = multiplyAdd(x3, g0, c30);
    c31 = multiplyAdd(x3, g1, c31);
    a0 += 16;
    a1 += 16;
    a2 += 16;
    a3 += 16;
    g += 32;
  }
  addFour(products, sumLanesOfFour(c00, c10, c20, c30));
  addFour(products + 32, sumLanesOfFour(c01, c11, c21, c31));
}

// @ts-ignore: decorator
@inline
function addFour(products: usize, v: v128): void {
  v128.store(products, f64x2.add(v128.load(products), f64x2.promote_low_f32x4(v)));
  v128.store(
    products,
    f64x2.add(v128.load(products, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3))),
    16,
  );
}

/** Four rows · one Gaussian in f64. */
function productInDouble(length: i32, a0: usize, a1: usize, a2: usize, a3: usize, g: usize, products: usize): void {
  let c0 = f64x2.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  const end = g + ((<usize>(length & ~1)) << 3);
  while (g < end) {
    const y = v128.load(g);
    c0 = f64x2.add(c0, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(a0)), y));
    c1 = f64x2.add(c1, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(a1)), y));
    c2 = f64x2.add(c2, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(a2)), y));
    c3 = f64x2.add(c3, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(a3)), y));
    a0 += 8;
    a1 += 8;
    a2 += 8;
    a3 += 8;
    g += 16;
  }
  let low = f64x2.add(v128.shuffle<f64>(c0, c1, 0, 2), v128.shuffle<f64>(c0, c1, 1, 3));
  let high = f64x2.add(v128.shuffle<f64>(c2, c3, 0, 2), v128.shuffle<f64>(c2, c3, 1, 3));
  if (length & 1) {
    const y = v128.load_splat<f64>(g);
    low = f64x2.add(low, f64x2.mul(f64x2(<f64>load<f32>(a0), <f64>load<f32>(a1)), y));
    high = f64x2.add(high, f64x2.mul(f64x2(<f64>load<f32>(a2), <f64>load<f32>(a3)), y));
  }
  v128.store(products, f64x2.add(v128.load(products), low));
  v128.store(products, f64x2.add(v128.load(products, 16), high), 16);
}

/** basis.products = four rows · Gᵀ. The rows are zero between their last column and the next multiple of 4. */
export function productOfRows(basis: Basis, a0: usize, a1: usize, a2: usize, a3: usize): void {
  // Not memory.fill: that is a call out of the kernels, dear for a few hundred bytes.
  for (let p = basis.products, end = p + ((<usize>((basis.gaussians + 1) & ~1)) << 5); p < end; p += 16)
    v128.store(p, f64x2.splat(0));
  let segment = changetype<Segment>(basis.segments);
  for (let s = 0; s < basis.segmentCount; s++) {
    const at = (<usize>segment.start) << 2;
    const products = basis.products + ((<usize>segment.gaussian) << 5);
    if (basis.inDouble) productInDouble(segment.length, a0 + at, a1 + at, a2 + at, a3 + at, segment.table, products);
    else productOfPair(segment.length, a0 + at, a1 + at, a2 + at, a3 + at, segment.table, products);
    segment = changetype<Segment>(changetype<usize>(segment) + offsetof<Segment>());
  }
}

/** L z = b by rows of the factor; z is left in basis.solution and ‖z‖², the energy explained, in `explained` [4]. */
function forward(basis: Basis, explained: usize): void {
  let e0 = f64x2.splat(0);
  let e1 = f64x2.splat(0);
  let l = basis.lower;
  let b = basis.products;
  let z = basis.solution;
  let inverse = basis.inverse;
  const p = basis.band;
  for (let k = 0; k < basis.gaussians; k++) {
    let s0 = v128.load(b);
    let s1 = v128.load(b, 16);
    let q = z;
    for (let m = 0; m < p; m++) {
      const factor = v128.load_splat<f64>(l);
      s0 = f64x2.sub(s0, f64x2.mul(factor, v128.load(q)));
      s1 = f64x2.sub(s1, f64x2.mul(factor, v128.load(q, 16)));
      l += 8;
      q += 32;
    }
    const d = v128.load_splat<f64>(inverse);
    s0 = f64x2.mul(s0, d);
    s1 = f64x2.mul(s1, d);
    e0 = f64x2.add(e0, f64x2.mul(s0, s0));
    e1 = f64x2.add(e1, f64x2.mul(s1, s1));
    v128.store(q, s0);
    v128.store(q, s1, 16);
    inverse += 8;
    b += 32;
    z += 32;
  }
  v128.store(explained, e0);
  v128.store(explained, e1, 16);
}

/** Lᵀ a = z, in place from the end. */
function backward(basis: Basis): void {
  const p = basis.band;
  const last = <usize>(basis.gaussians - 1);
  let z = basis.solution + ((<usize>p + last) << 5);
  let l = basis.upper + ((last * <usize>p) << 3);
  let inverse = basis.inverse + (last << 3);
  for (let k = basis.gaussians; k > 0; k--) {
    let s0 = v128.load(z);
    let s1 = v128.load(z, 16);
    let q = z + 32;
    let factors = l;
    for (let m = 0; m < p; m++) {
      const factor = v128.load_splat<f64>(factors);
      s0 = f64x2.sub(s0, f64x2.mul(factor, v128.load(q)));
      s1 = f64x2.sub(s1, f64x2.mul(factor, v128.load(q, 16)));
      factors += 8;
      q += 32;
    }
    const d = v128.load_splat<f64>(inverse);
    v128.store(z, f64x2.mul(s0, d));
    v128.store(z, f64x2.mul(s1, d), 16);
    z -= 32;
    l -= (<usize>p) << 3;
    inverse -= 8;
  }
}

/**
 * target [outputs][4] = factorᵀ · source [inputs][4]; the squares of what comes out are summed into `squares` [4] if
 * asked.
 */
function dense(source: usize, inputs: i32, factor: usize, outputs: i32, target: usize, squares: usize): void {
  let e0 = f64x2.splat(0);
  let e1 = f64x2.splat(0);
  for (let j = 0; j < outputs; j++) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let f = factor + ((<usize>j) << 3);
    let x = source;
    for (let k = 0; k < inputs; k++) {
      const by = v128.load_splat<f64>(f);
      s0 = f64x2.add(s0, f64x2.mul(by, v128.load(x)));
      s1 = f64x2.add(s1, f64x2.mul(by, v128.load(x, 16)));
      f += (<usize>outputs) << 3;
      x += 32;
    }
    e0 = f64x2.add(e0, f64x2.mul(s0, s0));
    e1 = f64x2.add(e1, f64x2.mul(s1, s1));
    v128.store(target, s0);
    v128.store(target, s1, 16);
    target += 32;
  }
  if (!squares) return;
  v128.store(squares, e0);
  v128.store(squares, e1, 16);
}

/** ‖projection on the basis‖² of four rows, into `explained` [4]. */
export function explain(basis: Basis, explained: usize): void {
  if (basis.project) dense(basis.products, basis.gaussians, basis.project, basis.rank, basis.solution, explained);
  else forward(basis, explained);
}

/** Amplitudes [gaussians][4] after `explain`. */
export function amplitudesOf(basis: Basis): usize {
  if (basis.project) {
    dense(basis.solution, basis.rank, basis.expand, basis.gaussians, basis.products, 0);
    return basis.products;
  }
  backward(basis);
  return basis.solution + ((<usize>basis.band) << 5);
}
