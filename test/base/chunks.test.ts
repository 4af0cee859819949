import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChunkWork, cutAtChunks, rowsOfChunk } from "../../src/base/chunks.js";
import { Random } from "../../src/base/random.js";
import { strideOf } from "../../src/kernels/dense.js";
import { atOnce } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { joinMoments, type MomentSums } from "../../src/kernels/norms.js";
import { Bases } from "../../src/matrix/bases.js";
import { FirstPass } from "../../src/matrix/first-pass.js";
import { type FirstSums, joinFirst } from "../../src/matrix/first-sums.js";
import type { Matrix } from "../../src/types.js";
import { noiseMatrix } from "../support/reference.js";

const machine = await loadMachine();

describe("the chunks of a matrix", () => {
  it("are whole units, of four million weights at least, longer where they sum a large Gram matrix", () => {
    expect(rowsOfChunk(100, 256)).toBe(16384);
    expect(rowsOfChunk(1_000_000, 4096)).toBe(1024);
    expect(rowsOfChunk(1_000_000, 4096, 4096)).toBe(250_880);
    expect(rowsOfChunk(10_000, 4096, 4096)).toBe(8192);
    expect(rowsOfChunk(1_000_000, 512, 512)).toBe(8192);
    expect(rowsOfChunk(0, 0)).toBeGreaterThan(0);
    expect(rowsOfChunk(5, 1e7)).toBe(1024);
  });

  it("cut blocks of any size at their borders, each begun and ended once, in order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        (each, skipped, rows, seed) => {
          const first = skipped * each;
          const random = new Random(seed);
          const seen: string[] = [];
          const taken: number[] = [];
          const work: ChunkWork<number> = {
            *begin() {
              yield seen.push("begin");
            },
            *visit(pointer, row, count) {
              for (let i = 0; i < count; i++) yield seen.push(`${row + i} at ${pointer + i * 16}`);
            },
            *end() {
              yield seen.push("end");
              return seen.length;
            },
          };
          const visit = cutAtChunks(each, { first, last: first + rows }, 4, work, function* (part) {
            yield taken.push(part);
          });
          for (let row = 0; row < rows; ) {
            const count = Math.min(rows - row, 1 + random.below(12));
            atOnce(visit(1000 + row * 16, first + row, count));
            row += count;
          }
          const expected: string[] = [];
          for (let row = 0; row < rows; row++) {
            if (row % each === 0) expected.push("begin");
            expected.push(`${first + row} at ${1000 + row * 16}`);
            if (row % each === each - 1 || row === rows - 1) expected.push("end");
          }
          expect(seen).toEqual(expected);
          expect(taken).toHaveLength(Math.ceil(rows / each));
        },
      ),
    );
  });
});

/** Σ(x - mean)^k in the plainest way. */
function moments(values: number[]): MomentSums {
  const n = values.length;
  const mean = n > 0 ? values.reduce((a, b) => a + b, 0) / n : 0;
  const central = (k: number): number => values.reduce((sum, x) => sum + (x - mean) ** k, 0);
  return {
    finite: n,
    nonFinite: 0,
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    squares: values.reduce((sum, x) => sum + x * x, 0),
    mean,
    m2: central(2),
    m3: central(3),
    m4: central(4),
  };
}

describe("joined moments", () => {
  it("are those of all values together", () => {
    const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const joined = joinMoments(moments(a), moments(b));
        const whole = moments([...a, ...b]);
        for (const key of Object.keys(whole) as (keyof MomentSums)[]) {
          const size =
            key.startsWith("m") && key.length === 2
              ? 1e-10 *
                [...a, ...b].reduce((sum, x) => sum + (1 + Math.abs(x)) ** Number(key[1]), 1) *
                2 ** Number(key[1])
              : 1e-9 * (1 + Math.abs(whole[key]));
          if (Number.isFinite(whole[key])) expect(Math.abs(joined[key] - whole[key]), key).toBeLessThanOrEqual(size);
          else expect(joined[key]).toBe(whole[key]);
        }
      }),
    );
  });
});

/** The first pass in chunks of `each` rows. */
function firstSums({ rows, columns, data }: Matrix, each: number): { sums: FirstSums; gram: Float64Array } {
  const bases = atOnce(Bases.of(machine).prepare(columns, [3, 5], 0.5));
  const marked = machine.exports.mark();
  const stride = strideOf(columns);
  try {
    const pointer = machine.zeros64(Math.ceil((rows * stride) / 2));
    for (let i = 0; i < rows; i++)
      machine.float32(pointer + i * stride * 4, columns).set(data.subarray(i * columns, (i + 1) * columns));
    const work = new FirstPass(machine, "w", columns, bases, { permutations: 3, seed: 1, gram: true, scale: 1 });
    let sums: FirstSums | null = null;
    let gram: Float64Array | null = null;
    const visit = cutAtChunks(each, { first: 0, last: rows }, stride, work, function* (part) {
      sums = sums ? yield* joinFirst(sums, part.sums) : part.sums;
      gram = gram ? gram.map((x, i) => x + part.gram![i]) : part.gram!.slice();
    });
    atOnce(visit(pointer, 0, rows));
    return { sums: sums!, gram: gram! };
  } finally {
    machine.exports.release(marked);
  }
}

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, accuracy: number, what: string): void => {
  const size = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i]), `${what} ${i}`).toBeLessThanOrEqual(accuracy * size);
};

describe("the first pass in chunks", () => {
  it.each([
    [700, 13, 300],
    [300, 40, 1],
    [5, 8, 2],
    [1024, 6, 256],
    [513, 7, 256],
  ])("gives for %i × %i in chunks of %i what it gives in one", (rows, columns, each) => {
    const matrix = noiseMatrix(rows, columns, 5, (row) => 1 + row / rows);
    // Means of their own, so that moments and scatter have something to join.
    for (let i = 0; i < matrix.data.length; i++) matrix.data[i] += 0.5 + i / matrix.data.length;
    const whole = firstSums(matrix, rows);
    const parts = firstSums(matrix, each);
    const { mean, m2, m3, m4, squares, finite, minimum, maximum } = whole.sums.moments;
    const joined = parts.sums.moments;
    expect([joined.finite, joined.minimum, joined.maximum, parts.sums.largest]).toEqual([
      finite,
      minimum,
      maximum,
      whole.sums.largest,
    ]);
    close([joined.mean, joined.m2, joined.m4, joined.squares], [mean, m2, m4, squares], 1e-6, "moment");
    expect(Math.abs(joined.m3 - m3)).toBeLessThan(1e-6 * Math.sqrt(m2 * m4));
    close([parts.sums.rowSumSquares], [whole.sums.rowSumSquares], 1e-12, "row sums");
    whole.sums.fits.forEach((fit, k) => {
      const other = parts.sums.fits[k];
      const side = fit.mean.length;
      const upper = fit.scatter.map((x, at) => (at % side >= Math.floor(at / side) ? x : 0));
      const otherUpper = other.scatter.map((x, at) => (at % side >= Math.floor(at / side) ? x : 0));
      expect(other.rows).toBe(fit.rows);
      close([other.squares, other.residual, other.variation], [fit.squares, fit.residual, fit.variation], 1e-6, "fit");
      close(other.mean, fit.mean, 1e-6, "mean");
      close(otherUpper, upper, 1e-5, "scatter");
    });
    close(parts.sums.permuted!, whole.sums.permuted!, 1e-6, "permuted");
    close(parts.gram, whole.gram, 1e-6, "gram");
  });
});
