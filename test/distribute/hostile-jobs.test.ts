import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CheckpointError } from "../../src/base/errors.js";
import { type ExpectedMatrix, parseResult } from "../../src/distribute/result.js";
import { LONGEST_WORK, parseWork, type Work } from "../../src/distribute/work.js";
import { analyze } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { f32 } from "../cli/run.js";

const key = (n: number): string => n.toString(16).padStart(32, "0");
const good: Work = {
  schemaVersion: 1,
  version: "0.1.0",
  instructions: "simd128",
  address: "https://models.example/model.safetensors",
  options: { gaussians: ["auto", 8], participation: { method: "auto", tolerance: 0.01 }, seed: 3, transpose: "auto" },
  tasks: [
    { key: key(1), index: 0 },
    { key: key(2), index: 7 },
  ],
};

/** One value somewhere inside replaced by another, a field left out, or one added. */
function changed(value: unknown, path: number[], by: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  let at = copy;
  for (const [depth, step] of path.entries()) {
    const names = Object.keys(at);
    const name = names[step % names.length];
    const next = at[name];
    if (depth < path.length - 1 && typeof next === "object" && next !== null && Object.keys(next).length > 0) {
      at = next as Record<string, unknown>;
      continue;
    }
    if (by === undefined) delete at[name];
    else at[name] = by;
    break;
  }
  return copy;
}

const anything = fc.oneof(
  fc.anything({ maxDepth: 2 }),
  fc.constantFrom(1e308, -1, 1.5, 2 ** 53, "", "__proto__", null, [], {}, "a".repeat(5000), "169.254.169.254"),
);

/** Anything is read or refused with its code; nothing else is thrown. */
function readOrRefused<T>(read: () => T, code: string): T | null {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).code).toBe(code);
    expect((error as Error).message.length).toBeLessThan(300);
    return null;
  }
}

describe("a job", () => {
  it("that is ours is read as it is", () => expect(parseWork(JSON.stringify(good))).toEqual(good));

  it("of anything else is refused with its code, in a line", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), anything, (path, by) => {
        const text = JSON.stringify(changed(good, path, by));
        const work = readOrRefused(() => parseWork(text), "bad-work");
        if (!work) return;
        expect(Object.keys(work).sort()).toEqual(Object.keys(good).sort());
        expect(work.tasks.every((task) => /^[0-9a-f]{32}$/.test(task.key) && Number.isSafeInteger(task.index))).toBe(
          true,
        );
        expect(JSON.stringify(work.options)).not.toContain("pattern");
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.json()), (given) => {
        expect(readOrRefused(() => parseWork(given), "bad-work")).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it("beyond its limits is refused before it costs anything", () => {
    const more = (change: Partial<Work>): string => JSON.stringify({ ...good, ...change });
    for (const text of [
      " ".repeat(LONGEST_WORK + 1),
      "[".repeat(1 << 20),
      more({ tasks: Array.from({ length: 10_001 }, (_, i) => ({ key: key(i), index: i })) }),
      more({ tasks: [] }),
      more({ tasks: [good.tasks[0], good.tasks[0]] }),
      more({ address: "a".repeat(5000) }),
      more({ options: { permutations: 1e9 } }),
      more({ options: { gaussians: Array(65).fill(8) } }),
      more({ options: { transpose: { pattern: "(a+)+$" } } as never }),
      more({ options: { include: { pattern: "(a+)+$", flags: "" } } as never }),
      '{"__proto__":{"schemaVersion":1}}',
    ])
      expect(
        readOrRefused(() => parseWork(text), "bad-work"),
        text.slice(0, 80),
      ).toBeNull();
  });
});

/** With a singular value more. */
const longer = (spectrum: unknown): object => {
  const { singularValues, ...others } = spectrum as { singularValues: number[] };
  return { ...others, singularValues: [...singularValues, 0] };
};

describe("a result", () => {
  let text: string;
  let expected: ExpectedMatrix[];
  beforeAll(async () => {
    const file = safetensors([f32("a.weight", [24, 40]), f32("b.weight", [9, 6])]);
    const options = { permutations: 3, svd: true, energy: 0.9, singularValues: true } as const;
    const { matrices } = await analyze(file, options);
    expected = matrices.map(({ rows, columns }, i) => ({ key: key(i), rows, columns }));
    const figures = matrices.map(
      ({ norms, participation, noiseParticipationRatio, spectrum, gaussian, energyTarget }, i) => ({
        key: key(i),
        figures: { norms, participation, noiseParticipationRatio, spectrum, gaussian, energyTarget },
      }),
    );
    text = JSON.stringify({ schemaVersion: 1, figures, failed: [] });
  });

  it("of the job's matrices is read as it is", () => expect(JSON.stringify(parseResult(text, expected))).toBe(text));

  it("of another job, with a matrix too few, twice or of another shape, or with a field of its own, is refused", () => {
    const result = JSON.parse(text) as {
      figures: { key: string; figures: Record<string, unknown> }[];
      failed: unknown[];
    };
    const [a, b] = result.figures;
    for (const other of [
      { ...result, figures: [a] },
      { ...result, figures: [a, a, b] },
      {
        ...result,
        figures: [
          { ...a, key: b.key },
          { ...b, key: a.key },
        ],
      },
      { ...result, failed: [{ key: a.key, reason: "no" }] },
      { ...result, figures: [{ ...a, figures: { ...a.figures, name: "<script>" } }, b] },
      { ...result, figures: [{ ...a, figures: { ...a.figures, noiseParticipationRatio: 3 } }, b] },
      { ...result, figures: [{ ...a, figures: { ...a.figures, spectrum: longer(a.figures.spectrum) } }, b] },
      { ...result, failed: [{ key: key(9), reason: "no" }] },
      { ...result, schemaVersion: 2 },
    ])
      expect(readOrRefused(() => parseResult(JSON.stringify(other), expected), "bad-result")).toBeNull();
    const failed = { ...result, figures: [b], failed: [{ key: a.key, reason: "no" }] };
    expect(parseResult(JSON.stringify(failed), expected).failed).toHaveLength(1);
  });

  it("changed anywhere is read or refused, and never more than figures", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 7 }), anything, (path, by) => {
        const found = readOrRefused(
          () => parseResult(JSON.stringify(changed(JSON.parse(text), path, by)), expected),
          "bad-result",
        );
        // No text of the sender's own comes through but the reason of a failure.
        if (found) expect(JSON.stringify(found.figures)).not.toMatch(/__proto__|aaaa|169\.254/);
      }),
      { numRuns: 2000 },
    );
  });
});
