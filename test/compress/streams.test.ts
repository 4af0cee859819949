import { afterEach, expect, it, vi } from "vitest";
import { streamOf } from "../../src/compress/streams.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Turns of the event loop that come while `count` pieces are read, each of which takes `milliseconds` to make. */
async function turns(count: number, milliseconds: number): Promise<number> {
  let clock = 0;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  function* pieces(): Generator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      clock += milliseconds;
      yield Uint8Array.of(i);
    }
  }
  let seen = 0;
  let reading = true;
  const turn = (): void => {
    seen++;
    if (reading) setImmediate(turn);
  };
  setImmediate(turn);
  const bytes: number[] = [];
  for await (const piece of streamOf(pieces())) bytes.push(...piece);
  reading = false;
  expect(bytes).toEqual(Array.from({ length: count }, (_, i) => i));
  return seen;
}

it("lets events through between pieces that take long to make, and reads on where they do not", async () => {
  expect(await turns(20, 200)).toBeGreaterThanOrEqual(19);
  expect(await turns(20, 0)).toBeLessThan(5);
});
