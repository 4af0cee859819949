import { allocate, mark, release, setLimit } from "../memory";

describe("arena", () => {
  it("aligns, grows and releases", () => {
    const marked = mark();
    const first = allocate(3);
    const second = allocate(<f64>(1 << 20));
    expect<usize>(first & 63).toBe(0);
    expect<usize>(second).toBe(first + 64);
    store<u8>(second + (1 << 20) - 1, 7);
    release(marked);
    expect<usize>(allocate(16)).toBe(first);
    release(marked);
  });

  it("gives 0 past its limit and for sizes that are no size", () => {
    setLimit(<f64>(memory.size() << 16));
    expect<usize>(allocate(1e9)).toBe(0);
    expect<usize>(allocate(NaN)).toBe(0);
    expect<usize>(allocate(-1)).toBe(0);
    setLimit(Infinity);
  });
});
