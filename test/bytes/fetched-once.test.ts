import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { ReadAhead } from "../../src/bytes/read-ahead.js";
import { analyze } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { FileServer } from "../checkpoint/server.js";

/** Shapes whose participation ratio takes several passes, by rows, by columns and by both, and small ones between. */
const shapes: [number, number][] = [
  [700, 800],
  [2600, 520],
  [40, 64],
  [520, 1500],
  [16, 8],
  [900, 600],
  [64, 40],
];
const random = new Random(7);
const file = safetensors(
  shapes.map(([rows, columns], i) => ({
    name: `model.layers.${i}.w.weight`,
    dtype: "F32",
    shape: [rows, columns],
    bytes: Float32Array.from({ length: rows * columns }, () => random.float() - 0.5),
  })),
);

const server = new FileServer();
let url: string;
beforeAll(async () => {
  await server.start();
  server.serve("/model.safetensors", file);
});
beforeEach(() => {
  server.reset();
  url = server.address("/model.safetensors");
});
afterAll(() => server.stop());

describe("a remote checkpoint is fetched once", () => {
  const local = analyze(file);
  for (const threads of [1, 2, 4, 8, 16])
    for (const memory of [1 << 20, 4 << 20, 64 << 20])
      it(`by ${threads} threads within ${memory >> 20} MiB`, async () => {
        const report = await analyze(url, { threads, memory });
        expect(server.bytesSent).toBeLessThanOrEqual(file.length * 1.05);
        expect({ ...report, source: null }).toEqual({ ...(await local), source: null });
      });

  it("when it is transposed, and memory holds a part of its columns at a time", async () => {
    const [rows, columns] = shapes[0];
    await analyze(url, { include: /layers\.0/, transpose: /./, memory: 1 << 19, threads: 2 });
    expect(server.bytesSent).toBeLessThanOrEqual(rows * columns * 4 * 1.05 + 65_536);
  });
});

describe("ReadAhead", () => {
  const length = 40_000_000;
  const byteAt = (at: number): number => (at * 31 + (at >> 8)) & 255;
  const ahead = () => {
    let fetched = 0;
    const reader = new ReadAhead(
      async (start, end) => {
        fetched += end - start;
        await new Promise((resolve) => setTimeout(resolve, 0));
        return Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i));
      },
      Uint8Array.from({ length: 1000 }, (_, i) => byteAt(i)),
    );
    return { reader, fetched: () => fetched };
  };

  it("gives what was asked for, whatever was expected, and fetches expected bytes once", async () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: length / 100 }), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        cuts,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        async (at, step, seed) => {
          const borders = at.sort((a, b) => a - b).map((x) => x * 10);
          const ranges = borders.slice(1).map((end, i) => ({ start: borders[i], end }));
          const order = new Random(seed);
          ranges.sort(() => order.float() - 0.5);
          const { reader, fetched } = ahead();
          const budget = { bytes: 200_000, held: 0 };
          reader.expect(ranges, budget);
          // Two readers, one from each end of the list, in steps.
          const read = async ({ start, end }: { start: number; end: number }): Promise<void> => {
            const each = Math.ceil((end - start) / step);
            for (let from = start; from < end; from += each) {
              const bytes = await reader.read({ start: from, end: Math.min(end, from + each) }, end);
              expect(bytes.length).toBe(Math.min(end, from + each) - from);
              for (let i = 0; i < bytes.length; i += 97)
                if (bytes[i] !== byteAt(from + i)) throw new Error(`byte ${from + i}`);
            }
          };
          const half = ranges.length >> 1;
          const each = async (own: typeof ranges): Promise<void> => {
            for (const range of own) await read(range);
          };
          await Promise.all([each(ranges.slice(0, half)), each(ranges.slice(half))]);
          expect(fetched()).toBeLessThanOrEqual(borders[borders.length - 1] - borders[0]);
          reader.close();
          expect(budget.held).toBe(0);
        },
      ),
      { numRuns: 10 },
    );
  });
});
