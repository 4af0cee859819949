import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { analyze } from "../../src/index.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { norms } from "../../src/kernels/norms.js";
import { Bases } from "../../src/matrix/bases.js";
import { safetensors } from "../checkpoint/files.js";
import { f32 } from "../cli/run.js";
import { noiseMatrix } from "../support/reference.js";

const machine = await loadMachine();

/** Amplitudes, traces and rank by a basis made `budget` multiplications at a time, and how many times it took. */
function fitted(rows: number, columns: number, gaussians: number, width: number, inDouble: boolean, budget: number) {
  return machine.scope(() => {
    const { exports } = machine;
    const basis = exports.createBasis(columns, gaussians, width, inDouble ? 1 : 0) >>> 0;
    let slices = 1;
    while (exports.continueBasis(basis, budget) === 0) slices++;
    const stride = Math.ceil(columns / 4) * 4;
    const weights = machine.zeros64((rows * stride) / 2);
    const { data } = noiseMatrix(rows, columns, 3);
    for (let i = 0; i < rows; i++)
      machine.float32(weights + i * stride * 4, columns).set(data.subarray(i * columns, (i + 1) * columns));
    const moments = machine.zeros64(10);
    const rowSums = machine.zeros64(rows * 3);
    exports.startMoments(moments, weights, columns);
    exports.addMoments(moments, weights, rows, columns, stride, rowSums);
    const amplitudes = machine.zeros64(Math.ceil((rows * gaussians) / 2));
    const totals = machine.zeros64(3);
    const traces = machine.zeros64(2);
    exports.fitRows(basis, weights, rows, stride, rowSums, amplitudes, 0, 0, totals);
    exports.inverseTraces(basis, 0, gaussians, traces);
    const bits = [
      ...machine.bytes(amplitudes, rows * gaussians * 4),
      ...machine.bytes(totals, 24),
      ...machine.bytes(traces, 16),
      exports.basisRank(basis),
    ];
    return { bits: bits.join(), slices };
  });
}

describe("a basis made in slices", () => {
  it("has the bits of one made at once, whatever the slices", () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 40 })
          .chain((columns) => fc.tuple(fc.constant(columns), fc.integer({ min: 1, max: columns }))),
        fc.oneof(
          fc.constantFrom(1e-3, 0.1, 0.5, 0.6, 1.25, 1.3, 2, 1e3),
          fc.double({ min: 0.05, max: 4, noNaN: true }),
        ),
        fc.boolean(),
        fc.integer({ min: 1, max: 2000 }),
        ([columns, gaussians], width, inDouble, budget) => {
          const whole = fitted(5, columns, gaussians, width, inDouble, Infinity);
          expect(whole.slices).toBe(1);
          expect(fitted(5, columns, gaussians, width, inDouble, budget).bits).toBe(whole.bits);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("takes slices of about what they may take: wide, narrow, one long Gaussian, as many as columns", () => {
    for (const [columns, gaussians, width] of [
      [300, 120, 2],
      [200, 200, 0.1],
      [60_000, 1, 0.5],
      [3000, 3000, 0.5],
      [3000, 700, 1.2],
    ]) {
      const few = fitted(1, columns, gaussians, width, false, 1e6).slices;
      expect(fitted(1, columns, gaussians, width, false, 1e5).slices / few).toBeGreaterThan(4);
    }
  });

  it("leaves nothing behind where it is broken off", () => {
    const before = machine.exports.mark();
    const slices = Bases.of(machine).prepare(700, [300], 2);
    slices.next();
    expect(machine.exports.mark()).toBeGreaterThan(before);
    slices.return([]);
    expect(machine.exports.mark()).toBe(before);
  });
});

/** How often a whole analysis looks at its signal; or it is aborted at look `at`. */
async function looksOf(rows: number, columns: number, options: object, at = Infinity): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  let looks = 0;
  const look = AbortSignal.prototype.throwIfAborted;
  const spy = vi.spyOn(AbortSignal.prototype, "throwIfAborted").mockImplementation(function (this: AbortSignal) {
    if (++looks === at) controller.abort(new Error("enough"));
    look.call(this);
  });
  const file = safetensors([f32("a.weight", [rows, columns], Float32Array.from(noiseMatrix(rows, columns, 5).data))]);
  const work = analyze(file, { threads: 1, signal, participation: { method: "power" }, spectrum: "none", ...options });
  if (at === Infinity) await work;
  else await expect(work).rejects.toThrow("enough");
  spy.mockRestore();
  return looks;
}

describe("an analysis with a dear basis", () => {
  it("looks at its signal while the basis is made, and ends there", async () => {
    const cheap = await looksOf(39, 512, { gaussians: [8] });
    const dear = await looksOf(39, 512, { gaussians: [200], width: 2 });
    expect(dear).toBeGreaterThan(cheap + 15);
    expect(await looksOf(39, 512, { gaussians: [200], width: 2 }, cheap + 8)).toBeLessThan(cheap + 12);
    // The kernels are as they were.
    expect(norms(machine, { rows: 1, columns: 2, data: Float32Array.of(3, 4) }).norm).toBe(5);
  });

  it("does so where further passes need bases of their own", async () => {
    const options = { gaussians: [4], width: 1.3, energy: 0.5 };
    const whole = await looksOf(20, 160, options);
    expect(await looksOf(20, 160, options, Math.floor(whole / 2))).toBeLessThan(whole * 0.6);
  });
});
