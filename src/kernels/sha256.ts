import type { Machine } from "./machine.js";

/** Bytes that pass through the kernels' memory at once: a multiple of a block. */
const PIECE = 1 << 16;
const BLOCK_BYTES = 64;
const DIGITS = "0123456789abcdef";
const ENCODER = /* @__PURE__ */ new TextEncoder();

/** SHA-256 (FIPS 180-4) of bytes that come in pieces: the web's own `digest` wants them all at once. */
export class Sha256 {
  private readonly state = STATE.slice();
  private readonly rest = new Uint8Array(BLOCK_BYTES);
  private filled = 0;
  private length = 0;

  constructor(private readonly machine: Machine) {}

  update(bytes: Uint8Array): this {
    this.length += bytes.length;
    let at = 0;
    if (this.filled > 0) {
      at = Math.min(BLOCK_BYTES - this.filled, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < BLOCK_BYTES) return this;
      this.blocks(this.rest);
    }
    const whole = bytes.length - ((bytes.length - at) % BLOCK_BYTES);
    for (; at < whole; at += PIECE) this.blocks(bytes.subarray(at, Math.min(whole, at + PIECE)));
    this.rest.set(bytes.subarray(whole));
    this.filled = bytes.length - whole;
    return this;
  }

  /**
   * The digest in hexadecimal, or its first `words` of 32 bits: of all that came, and of a text after it, which is then
   * as if it had not been there.
   */
  hex(text = "", words = 8): string {
    const { machine, filled } = this;
    // UTF-8 takes three bytes a unit at most; then a bit, zeros, and the length.
    const room = filled + 3 * text.length + BLOCK_BYTES + 8;
    return machine.scope(() => {
      const at = machine.copyUint32(this.state);
      const constants = machine.copyUint32(CONSTANTS);
      const pointer = machine.allocate(room);
      const bytes = machine.bytes(pointer, room);
      bytes.set(this.rest.subarray(0, filled));
      const added = ENCODER.encodeInto(text, bytes.subarray(filled)).written;
      const blocks = Math.ceil((filled + added + 9) / BLOCK_BYTES);
      const padded = bytes.subarray(0, blocks * BLOCK_BYTES).fill(0, filled + added);
      padded[filled + added] = 0x80;
      const bits = (this.length + added) * 8;
      const view = new DataView(padded.buffer, padded.byteOffset + padded.length - 8);
      view.setUint32(0, Math.floor(bits / 2 ** 32));
      view.setUint32(4, bits >>> 0);
      machine.exports.sha256Blocks(at, constants, pointer, blocks);
      // Of one piece: a text that is joined of several keeps all of them, and a checkpoint has 100,000 of these.
      const found = machine.uint32(at, words);
      const digits = Array.from({ length: 8 * words }, (_, i) => {
        const word = found[i >> 3];
        return DIGITS.charCodeAt((word >>> (28 - 4 * (i & 7))) & 15);
      });
      return String.fromCharCode(...digits);
    });
  }

  /** Whole blocks, PIECE bytes at most. */
  private blocks(bytes: Uint8Array): void {
    const { machine, state } = this;
    machine.scope(() => {
      const at = machine.copyUint32(state);
      const constants = machine.copyUint32(CONSTANTS);
      const pointer = machine.allocate(bytes.length);
      machine.bytes(pointer, bytes.length).set(bytes);
      machine.exports.sha256Blocks(at, constants, pointer, bytes.length / BLOCK_BYTES);
      state.set(machine.uint32(at, 8));
    });
    this.filled = 0;
  }
}

/** The first `count` primes. */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** The first 32 bits of the fractional part of a root: the low ones of the whole root of n · 2^(32 · power). */
function fractionOfRoot(n: number, power: bigint): number {
  const target = BigInt(n) << (32n * power);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= target) low = middle;
    else high = middle;
  }
  return Number(BigInt.asUintN(32, low));
}

/** §4.2.2 and §5.3.3: of cube roots of the first 64 primes, and of square roots of the first eight. */
const CONSTANTS = /* @__PURE__ */ Uint32Array.from(/* @__PURE__ */ primes(64), (n) => fractionOfRoot(n, 3n));
const STATE = /* @__PURE__ */ Uint32Array.from(/* @__PURE__ */ primes(8), (n) => fractionOfRoot(n, 2n));
