import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { PackedFactor, TransposedSums } from "../../src/kernels/panels.js";

const machine = await loadMachine();

const shapes = fc.record({
  rows: fc.integer({ min: 0, max: 150 }),
  inner: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 250, max: 530 })),
  columns: fc.integer({ min: 1, max: 20 }),
  pad: fc.integer({ min: 0, max: 3 }),
  seed: fc.nat(),
});

/** rows × stride values, f32. */
function values(rows: number, stride: number, seed: number): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length: rows * stride }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

describe("products of panels", () => {
  it("A B and what it leaves of a matrix are the sums in f64 to f32's rounding, whatever the shape (property)", () => {
    fc.assert(
      fc.property(shapes, ({ rows, inner, columns, pad, seed }) => {
        machine.scope(() => {
          const [a, b] = [values(rows, inner + pad, seed), values(inner, columns + pad, seed + 1)];
          const packed = new PackedFactor(machine, inner, columns);
          packed.pack(machine.copyFloat32(b), columns + pad);
          const was = values(rows, columns, seed + 2);
          const [product, rest] = [machine.allocate(rows * columns * 4), machine.copyFloat32(was)];
          const given = { a: machine.copyFloat32(a), rows, stride: inner + pad, strideOut: columns };
          packed.multiply({ ...given, out: product, sign: 1 });
          packed.multiply({ ...given, out: rest, sign: -1 });
          const [is, left] = [machine.float32(product, rows * columns), machine.float32(rest, rows * columns)];
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              let sum = 0;
              let size = 1;
              for (let k = 0; k < inner; k++) {
                const term = a[i * (inner + pad) + k] * b[k * (columns + pad) + j];
                sum += term;
                size += Math.abs(term);
              }
              expect(Math.abs(is[i * columns + j] - sum)).toBeLessThan(4e-6 * size);
              expect(Math.abs(left[i * columns + j] - (was[i * columns + j] - sum))).toBeLessThan(4e-6 * size);
            }
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it("AᵀB is, bit for bit the same however the rows come (property)", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 90 }), ({ rows: wide, inner: rows, columns, pad, seed }, step) => {
        machine.scope(() => {
          const across = Math.max(1, wide);
          const [a, b] = [values(rows, across + pad, seed), values(rows, columns + pad, seed + 1)];
          const [ofA, ofB] = [machine.copyFloat32(a), machine.copyFloat32(b)];
          const summed = (block: number): Float64Array => {
            const sums = new TransposedSums(machine, across, columns);
            sums.begin();
            for (let first = 0; first < rows; first += block) {
              const many = Math.min(block, rows - first);
              const at = (pointer: number, stride: number): number => pointer + first * stride * 4;
              sums.add(at(ofA, across + pad), across + pad, at(ofB, columns + pad), columns + pad, {
                first,
                rows: many,
              });
            }
            return sums.end(rows).slice();
          };
          const whole = summed(rows);
          expect(summed(step)).toEqual(whole);
          const side = Math.ceil(columns / 8) * 8;
          for (let i = 0; i < across; i++) {
            for (let j = 0; j < columns; j++) {
              let sum = 0;
              let size = 1;
              for (let k = 0; k < rows; k++) {
                const term = a[k * (across + pad) + i] * b[k * (columns + pad) + j];
                sum += term;
                size += Math.abs(term);
              }
              expect(Math.abs(whole[i * side + j] - sum)).toBeLessThan(4e-6 * size);
            }
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it("what is not finite or very large goes through as in any sum", () => {
    machine.scope(() => {
      const packed = new PackedFactor(machine, 2, 1);
      packed.pack(machine.copyFloat32([1, 1]), 1);
      const a = machine.copyFloat32([NaN, 1, Infinity, 1, 3e38, 3e38, 1e-45, 0]);
      const out = machine.allocate(16);
      packed.multiply({ a, rows: 4, stride: 2, out, strideOut: 1, sign: 1 });
      expect(Array.from(machine.float32(out, 4))).toEqual([NaN, Infinity, Infinity, Math.fround(1e-45)]);
    });
  });
});
