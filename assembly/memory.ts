/**
 * The arena: a bump allocator over linear memory, released by mark. Pointers are 64-byte aligned,
 * so that rows of eight f32 (assembly/power.ts) never lie in two lines of the cache.
 * The stub runtime's own `heap.alloc` wraps at 4 GiB and aborts above 1 GiB, so nothing here uses it.
 */

const PAGE: usize = 65536;
/** Linear memory ends one page below 4 GiB, so that a pointer past the last byte never wraps to 0. */
const CEILING: u64 = 0xffff0000;

// Begins above the first pages, so that a test runner's own heap in them is never touched.
let top: usize = (<usize>memory.size()) << 16;
let limit: u64 = CEILING;

/** Bytes the arena may reach up to, counted from address 0. */
export function setLimit(bytes: f64): void {
  limit = bytes < <f64>CEILING ? <u64>bytes : CEILING;
}

/** A pointer to `bytes` uninitialised bytes, or 0 where the limit or the host's memory ends. */
export function allocate(bytes: f64): usize {
  const start = <u64>top;
  if (!(bytes >= 0 && bytes <= <f64>CEILING)) return 0;
  const end = (start + <u64>bytes + 63) & ~63;
  if (end > limit) return 0;
  const have = <u64>memory.size() * <u64>PAGE;
  if (end > have) {
    const pages = <i32>((end - have + <u64>PAGE - 1) / <u64>PAGE);
    if (memory.grow(pages) < 0) return 0;
  }
  top = <usize>end;
  return <usize>start;
}

/** Where the next allocation would begin. */
export function mark(): usize {
  return top;
}

/** Frees everything allocated since `mark` returned this. */
export function release(marked: usize): void {
  top = marked;
}
