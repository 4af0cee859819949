/** The compression function of SHA-256 (FIPS 180-4 §6.2.2). */

/** The message schedule of one block. */
const SCHEDULE = memory.data(256, 16);

// @ts-ignore: decorator
@inline
function rotated(x: u32, by: u32): u32 {
  return rotr<u32>(x, by);
}

/** `state` (8 u32) over `count` blocks of 64 bytes; `constants` are the 64 of §4.2.2. */
export function sha256Blocks(state: usize, constants: usize, bytes: usize, count: i32): void {
  for (const end = bytes + ((<usize>count) << 6); bytes < end; bytes += 64) {
    for (let t: usize = 0; t < 64; t += 4) store<u32>(SCHEDULE + t, bswap<u32>(load<u32>(bytes + t)));
    for (let w = SCHEDULE + 64; w < SCHEDULE + 256; w += 4) {
      const x = load<u32>(w - 60);
      const y = load<u32>(w - 8);
      const low = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
      const high = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
      store<u32>(w, load<u32>(w - 64) + low + load<u32>(w - 28) + high);
    }
    block(state, constants);
  }
}

function block(state: usize, constants: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let t: usize = 0; t < 256; t += 4) {
    const mixed = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const first = h + mixed + ((e & f) ^ (~e & g)) + load<u32>(constants + t) + load<u32>(SCHEDULE + t);
    const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}
