import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantizedMachine } from "../../src/checkpoint/views/machine.js";
import { SLACK_BYTES } from "../../src/kernels/dense.js";

const machine = await quantizedMachine();
const { exports } = machine;
const f = Math.fround;

/** A value that no kernel may overwrite, behind what it writes. */
const GUARD = 12345.5;
/** What `work` leaves in `length` floats that begin as `before`; it may not touch the one behind them. */
function written(length: number, work: (target: number) => void, before?: ArrayLike<number>): Float32Array {
  return machine.scope(() => {
    const target = machine.allocate(length * 4 + SLACK_BYTES);
    const seen = machine.float32(target, length + 1);
    if (before) seen.set(before);
    else seen.fill(-1);
    seen[length] = GUARD;
    work(target);
    const after = machine.float32(target, length + 1).slice();
    expect(after[length]).toBe(GUARD);
    return after.slice(0, length);
  });
}
const put = (bytes: Uint8Array): number => {
  const source = machine.allocate(bytes.length + SLACK_BYTES);
  machine.bytes(source, bytes.length).set(bytes);
  return source;
};
/** -0 and 0 are two, all NaN one. */
const same = (is: Float32Array, wanted: ArrayLike<number>): void =>
  expect(Array.from(is)).toEqual(Array.from(Float32Array.from(wanted)));

const count = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 150 }));
/** Anything f32 holds: zeros, subnormals, huge, infinite, NaN. */
const float = fc.oneof(fc.float(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, f(1e-45), f(3.4e38), f(-3.4e38)));
const floats = (length: number) => fc.array(float, { minLength: length, maxLength: length });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Bits [at, at + bits) of a little-endian stream. */
const code = (source: Uint8Array, at: number, bits: number): number => {
  let value = 0;
  for (let bit = 0; bit < bits; bit++) value |= ((source[(at + bit) >> 3] >> ((at + bit) & 7)) & 1) << bit;
  return value;
};

describe("codes to floats, one bit at a time (property)", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("%i bits in one stream, and in words of whole codes", (bits) => {
    const each = Math.floor(32 / bits);
    const given = count.chain((length) => fc.tuple(fc.constant(length), bytes(4 * Math.ceil(length / each))));
    fc.assert(
      fc.property(given, ([length, source]) => {
        same(
          written(length, (target) => exports.unpackBits(bits, put(source), length, target)),
          Array.from({ length }, (_, i) => code(source, i * bits, bits)),
        );
        same(
          written(length, (target) => exports.unpackWords(bits, put(source), length, target)),
          Array.from({ length }, (_, i) => code(source, Math.floor(i / each) * 32 + (i % each) * bits, bits)),
        );
      }),
      { numRuns: 40 },
    );
  });
  it("two in a byte by a table that holds anything, high or low first", () => {
    const given = count.chain((length) => fc.tuple(fc.constant(length), bytes(Math.ceil(length / 2)), floats(16)));
    fc.assert(
      fc.property(given, fc.boolean(), ([length, source, table], highFirst) => {
        const at = (i: number): number => (((i & 1) === 1) === highFirst ? source[i >> 1] & 15 : source[i >> 1] >> 4);
        same(
          written(length, (target) =>
            exports.lookUpNibbles(put(source), length, highFirst ? 1 : 0, machine.copyFloat32(table), target),
          ),
          Array.from({ length }, (_, i) => table[at(i)]),
        );
      }),
      { numRuns: 80 },
    );
  });
  it("eight outputs a word in AWQ's order", () => {
    const given = fc
      .tuple(fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 }))
      .chain((shape) => fc.tuple(fc.constant(shape), bytes(4 * shape[0] * shape[1])));
    fc.assert(
      fc.property(given, ([[inputs, words, pad], source]) => {
        const stride = inputs + pad;
        const order = [0, 4, 1, 5, 2, 6, 3, 7];
        same(
          written(8 * words * stride, (target) =>
            exports.unpackInterleaved(put(source), inputs, words, target, stride),
          ),
          Array.from({ length: 8 * words * stride }, (_, i) => {
            const [output, input] = [Math.floor(i / stride), i % stride];
            const word = input * words + (output >> 3);
            return input < inputs ? code(source, word * 32 + 4 * order[output & 7], 4) : -1;
          }),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("floats to weights, each operation rounded once (property)", () => {
  const row = fc
    .tuple(count, fc.integer({ min: 1, max: 70 }))
    .chain(([columns, group]) =>
      fc.tuple(
        fc.constant({ columns, group }),
        floats(columns),
        floats(Math.ceil(columns / group)),
        floats(Math.ceil(columns / group)),
      ),
    );
  it("(code - zero) · scale and code · scale + offset by groups, the last one short", () => {
    fc.assert(
      fc.property(row, ([{ columns, group }, codes, scales, others]) => {
        const of = (values: number[], j: number): number => values[Math.floor(j / group)];
        const [at, beside] = [() => machine.copyFloat32(scales), () => machine.copyFloat32(others)];
        same(
          written(columns, (target) => exports.scaleGroups(target, columns, group, at(), 0), codes),
          codes.map((value, j) => value * of(scales, j)),
        );
        same(
          written(columns, (target) => exports.scaleGroups(target, columns, group, at(), beside()), codes),
          codes.map((value, j) => f(value - of(others, j)) * of(scales, j)),
        );
        same(
          written(columns, (target) => exports.scaleAndOffsetGroups(target, columns, group, at(), beside()), codes),
          codes.map((value, j) => f(value * of(scales, j)) + of(others, j)),
        );
      }),
      { numRuns: 120 },
    );
  });
  it("with a group for each column", () => {
    const ordered = row.chain(([shape, codes, scales, zeros]) =>
      fc.tuple(
        fc.constant({ columns: shape.columns, codes, scales, zeros }),
        fc.array(fc.nat(Math.max(0, scales.length - 1)), { minLength: shape.columns, maxLength: shape.columns }),
        fc.boolean(),
      ),
    );
    fc.assert(
      fc.property(ordered, ([{ columns, codes, scales, zeros }, groups, hasZeros]) => {
        same(
          written(
            columns,
            (target) =>
              exports.scaleColumns(
                target,
                columns,
                machine.copyUint32(Uint32Array.from(groups)),
                machine.copyFloat32(scales),
                hasZeros ? machine.copyFloat32(zeros) : 0,
              ),
            codes,
          ),
          codes.map((value, j) => (hasZeros ? f(value - zeros[groups[j]]) : f(value - 0)) * scales[groups[j]]),
        );
      }),
      { numRuns: 80 },
    );
  });
  it("factor · B · A is the sum in f64 to f32's rounding, and NaN or infinite where that is", () => {
    const shape = fc.record({
      rows: fc.integer({ min: 0, max: 5 }),
      rank: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(511, 512, 513, 1100)),
      columns: fc.integer({ min: 1, max: 13 }),
      seed: fc.nat(),
      odd: fc.constantFrom(0, NaN, Infinity, f(1e-30), f(1e15)),
    });
    fc.assert(
      fc.property(shape, ({ rows, rank, columns, seed, odd }) => {
        let state = seed | 1;
        const next = (): number => {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          return f(state / 2 ** 31);
        };
        const a = Float32Array.from({ length: rank * columns }, next);
        const b = Float32Array.from({ length: rows * rank }, next);
        if (b.length > 0) b[seed % b.length] = odd;
        const is = written(rows * columns, (target) =>
          exports.multiplyLowRank(machine.copyFloat32(b), rows, rank, machine.copyFloat32(a), columns, 0.25, target),
        );
        for (let i = 0; i < rows * columns; i++) {
          let sum = 0;
          let size = 0;
          for (let k = 0; k < rank; k++) {
            const term = b[Math.floor(i / columns) * rank + k] * a[k * columns + (i % columns)];
            sum += term;
            size += Math.abs(term);
          }
          if (Number.isFinite(sum)) expect(Math.abs(is[i] - sum / 4)).toBeLessThanOrEqual(1e-4 * size);
          else expect(is[i]).toBe(sum / 4);
        }
      }),
      { numRuns: 60 },
    );
  });
});
