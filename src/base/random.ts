import { log } from "./mathematics.js";

const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/** A full-avalanche mixing of 32 bits: two rounds of multiply and xor-shift after a Weyl step. */
function mix(value: number): number {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** The two words of a number's bits, so that every distinct seed (fractions too) is another stream. */
function words(seed: number): [high: number, low: number] {
  bits.setFloat64(0, seed === 0 ? 0 : seed);
  return [bits.getUint32(0), bits.getUint32(4)];
}

/**
 * A whole number in [0, 2³²) from a seed and a tensor's name: what is drawn for a matrix depends on nothing else
 * (docs/method.md §6).
 */
export function seedFor(seed: number, name: string): number {
  const [high, low] = words(seed);
  let state = mix(mix(low) ^ high);
  for (let i = 0; i < name.length; i++) state = mix(state ^ name.charCodeAt(i));
  return mix(state ^ name.length);
}

/**
 * xoshiro128** (Blackman & Vigna 2018): integer arithmetic alone, so the same numbers on every host. Not for secrets.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  /** The second of the two normals that one draw of the polar method gives. */
  private spare = NaN;

  constructor(seed: number) {
    const [high, low] = words(seed);
    this.a = mix(low);
    this.b = mix(this.a ^ high);
    this.c = mix(this.b + 1);
    this.d = mix(this.c + 2) | 1;
  }

  /** A whole number in [0, 2³²). */
  uint32(): number {
    const x = Math.imul(this.b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** In [0, 1), a multiple of 2⁻⁵³. */
  float(): number {
    const high = this.uint32() >>> 5;
    return (high * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A whole number in [0, n), each equally likely; 1 ≤ n ≤ 2³². */
  below(n: number): number {
    const rejected = 4294967296 % n;
    for (;;) {
      const value = this.uint32();
      if (value >= rejected) return value % n;
    }
  }

  sign(): 1 | -1 {
    return this.uint32() >>> 31 ? 1 : -1;
  }

  /** Mean 0, variance 1: Marsaglia's polar method. */
  normal(): number {
    if (!Number.isNaN(this.spare)) {
      const value = this.spare;
      this.spare = NaN;
      return value;
    }
    for (;;) {
      const x = 2 * this.float() - 1;
      const y = 2 * this.float() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * log(square)) / square);
      this.spare = y * factor;
      return x * factor;
    }
  }

  /** Permutes in place, each order equally likely (Fisher–Yates, from the end). */
  shuffle<T extends Uint32Array | Int32Array | Float32Array | Float64Array>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
    return values;
  }

  /** The numbers 0 … n-1 in random order. */
  permutation(n: number): Uint32Array {
    const values = new Uint32Array(n);
    for (let i = 0; i < n; i++) values[i] = i;
    return this.shuffle(values);
  }
}
