import vm from "node:vm";
import { describe, expect, it } from "vitest";
import * as library from "../../src/index-node.js";
import { example } from "../cli/run.js";

type Call = (...given: unknown[]) => unknown;
/** As JavaScript without types would call it. */
const untyped = library as unknown as Record<string, Call>;

/** What a call ends with, whether it throws, rejects, or gives files and a report that reject. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const made = call() as { files?: AsyncIterable<unknown>; report?: Promise<unknown> } | undefined;
    if (made?.files && made.report) {
      for await (const _ of made.files) return null;
      await made.report;
    }
    await made;
    return null;
  } catch (error) {
    return error;
  }
}

/** Every public function that takes options, with what stands before them. */
const OPTIONS: Record<string, unknown[]> = {
  analyze: [example],
  planAnalysis: [example],
  openTasks: [example],
  mergeReport: [example],
  analyzePart: [example, { index: 1, count: 1 }],
  analyzeTransitions: ["a b"],
  compare: [example, example],
  extractAdapter: [example, example],
  compress: [example],
  restore: [example],
  scalingTables: [],
  openCheckpoint: [example],
  openJournal: ["no-such-directory/journal"],
  load: [],
};
/** Those that take a checkpoint first. */
const INPUTS = ["analyze", "planAnalysis", "openTasks", "mergeReport", "compare", "extractAdapter", "compress"];
const NUMBERED: Record<string, string[]> = {
  analyze: ["threads", "memory", "seed", "permutations", "width"],
  planAnalysis: ["threads", "memory", "seed", "width"],
  compare: ["threads", "memory", "seed"],
  extractAdapter: ["threads", "memory", "seed", "rank"],
  compress: ["threads", "memory", "seed"],
  restore: ["threads", "memory"],
  analyzeTransitions: ["seed", "shuffles", "threads"],
  scalingTables: ["seed"],
};

describe("every public function", () => {
  for (const [name, before] of Object.entries(OPTIONS)) {
    it(`${name}: options that are no object, no signal, no listener are a TypeError with their name`, async () => {
      const wrong: [unknown, RegExp][] = [
        ...[null, 5, "x", true, [], () => 1, 1n].map((value): [unknown, RegExp] => [
          value,
          /^options must be an object/,
        ]),
        [{ signal: {} }, /^options\.signal must be an AbortSignal/],
        [{ signal: 1 }, /^options\.signal must be an AbortSignal/],
        [{ onProgress: "x" }, /^options\.onProgress must be a function/],
        ...(NUMBERED[name] ?? []).flatMap((key): [unknown, RegExp][] =>
          ["2", null, {}, 1n].map((value) => [{ [key]: value }, new RegExp(`^${key} must be a number, not `)]),
        ),
      ];
      for (const [options, message] of wrong) {
        const error = await errorOf(() => untyped[name](...before, options));
        expect(error, `${name} ${typeof options} ${String(message)}`).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(message);
      }
    });
  }

  it("refuses an option of another name, and says which may be meant", async () => {
    const slips: [name: string, options: object, message: string][] = [
      ["analyze", { gaussian: 8 }, "options.gaussian is no option (did you mean gaussians?)"],
      ["planAnalysis", { Threads: 2 }, "options.Threads is no option (did you mean threads?)"],
      ["openTasks", { permutation: 1 }, "options.permutation is no option (did you mean permutations?)"],
      ["analyzePart", { jurnal: null }, "options.jurnal is no option (did you mean journal?)"],
      ["analyze", { partial: true }, "options.partial is no option"],
      ["mergeReport", { partail: true }, "options.partail is no option (did you mean partial?)"],
      [
        "analyze",
        { participation: { blocksize: 8 } },
        "participation.blocksize is no option (did you mean blockSize?)",
      ],
      ["analyzeTransitions", { vocabulary: 2, vocab: 2 }, "options.vocab is no option (did you mean vocabulary?)"],
      ["compare", { width: 2 }, "options.width is no option"],
      ["extractAdapter", { ranks: 2 }, "options.ranks is no option (did you mean rank?)"],
      ["compress", { keeps: "signal" }, "options.keeps is no option (did you mean keep?)"],
      ["restore", { seed: 1 }, "options.seed is no option"],
      ["scalingTables", { onlyy: [] }, "options.onlyy is no option (did you mean only?)"],
      ["openCheckpoint", { header: {} }, "options.header is no option (did you mean headers?)"],
      ["openJournal", { read: true }, "options.read is no option"],
      ["load", { simd: "\u001b[2J" }, "options.simd is no option"],
      ["load", { "\u001b[2J": 1 }, "options.\\u001b[2J is no option"],
    ];
    for (const [name, options, message] of slips) {
      const error = await errorOf(() => untyped[name](...OPTIONS[name], options));
      expect(error, `${name} ${message}`).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(
        message.startsWith("options.\\u") ? /^options\..*2J is no option/ : message,
      );
    }
    const kernels = (await library.load()) as unknown as Record<string, Call>;
    const matrix = { rows: 1, columns: 2, data: Float32Array.of(3, 4) };
    for (const [name, options, message] of [
      ["fitGaussians", { gaussian: 1 }, /^options\.gaussian is no option \(did you mean gaussians\?\)$/],
      ["fitFreeGaussians", { gaussians: 1, sigma: 1 }, /^options\.sigma is no option/],
      ["participationRatio", { methods: "exact" }, /^options\.methods is no option \(did you mean method\?\)$/],
      ["singularValues", { count: 1, counts: 1 }, /^options\.counts is no option \(did you mean count\?\)$/],
    ] as const)
      expect(() => kernels[name](matrix, options), name).toThrow(message);
    // What is not set is not there.
    expect(kernels.fitGaussians(matrix, { gaussians: 1, gaussian: undefined })).toHaveProperty("rank", 1);
  });

  it("that takes a checkpoint says what one is", async () => {
    for (const name of [...INPUTS, "restore", "openCheckpoint"])
      for (const input of [null, undefined, 5, true, {}, () => 1]) {
        const error = await errorOf(() => untyped[name](input, example));
        const swapped =
          name === "compare" || name === "extractAdapter" ? await errorOf(() => untyped[name](example, input)) : null;
        for (const one of swapped ? [error, swapped] : [error]) {
          expect(one, `${name} ${String(input)}`).toBeInstanceOf(TypeError);
          expect((one as Error).message).toMatch(/^a checkpoint is a path|^options must be an object/);
        }
      }
  });

  it("that takes other things names them", async () => {
    const wrong: [name: string, given: unknown[], message: RegExp][] = [
      ["analyzePart", [example, null, {}], /^part must be an object with index and count, not null/],
      ["analyzePart", [example, "1/2", {}], /^part must be an object/],
      ["openJournal", [null], /^path must be a string, not null/],
      ["openJournal", [5], /^path must be a string, not number/],
      ["scalingTables", [{ only: "norms" }], /^only must be a list of tables, not string/],
      ["compress", [example, { keep: null }], /^keep must be "signal" or an object, not null/],
      ["compress", [example, { keep: 5 }], /^keep must be "signal" or an object, not number/],
      ["compress", [example, { keep: {} }], /^keep must be "signal" or an object with/],
      ["compress", [example, { keep: { rank: "1" } }], /^keep\.rank must be a number, not string/],
      ["compress", [example, { keep: { energy: null } }], /^keep\.energy must be a number, not null/],
      ["compare", [example, example, { include: 5 }], /^include must be a regular expression, not number/],
      ["compress", [example, { exclude: "(" }], /^exclude is no regular expression/],
      ["extractAdapter", [example, example, { exclude: {} }], /^exclude must be a regular expression, not Object/],
      ["architectureCompression", [null], /^model must be an object/],
      ["batchTasks", [null], /^plan must be an object/],
      ["batchTasks", [{ tasks: [] }], /^limits must be an object/],
    ];
    for (const [name, given, message] of wrong) {
      const error = await errorOf(() => untyped[name](...given));
      expect(error, `${name} ${String(message)}`).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(message);
    }
  });

  it("takes expressions by their source, and those of another realm", async () => {
    const options = { include: /layers\.0\.mlp\.down/ };
    const expected = await library.compare(example, example, options);
    expect(expected.matrices.length).toBe(1);
    for (const include of ["layers\\.0\\.mlp\\.down", vm.runInNewContext("/layers\\.0\\.mlp\\.down/")])
      expect(await untyped.compare(example, example, { include })).toEqual(expected);
  });
});
