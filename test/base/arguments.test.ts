import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import vm from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyze, analyzeTransitions, fitPowerLaw, load, openCheckpoint, pearson } from "../../src/index-node.js";
import type { Kernels } from "../../src/types.js";
import { example } from "../cli/run.js";

const place = mkdtempSync(path.join(tmpdir(), "weightscope-arguments-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));
/** As JavaScript without types would call it. */
const untyped = <T>(value: unknown): T => value as T;

let kernels: Kernels;
beforeAll(async () => {
  kernels = await load();
});

const foreign = <T>(code: string): T => vm.runInNewContext(code) as T;

describe("arrays of another realm", () => {
  it("are taken as our own, by every kernel", () => {
    const own = { rows: 2, columns: 2, data: Float32Array.of(1, 2, 3, 4) };
    for (const kind of ["Float32Array", "Float64Array"]) {
      const matrix = { rows: 2, columns: 2, data: foreign<Float32Array>(`new ${kind}([1, 2, 3, 4])`) };
      expect(kernels.participationRatio(matrix)).toEqual(kernels.participationRatio(own));
      expect(kernels.norms(matrix)).toEqual(kernels.norms(own));
      expect(kernels.fitGaussians(matrix)).toEqual(kernels.fitGaussians(own));
      expect(kernels.fitFreeGaussians(matrix, { gaussians: 1 })).toEqual(
        kernels.fitFreeGaussians(own, { gaussians: 1 }),
      );
      expect(kernels.singularValues(matrix, { count: 2 })).toEqual(kernels.singularValues(own, { count: 2 }));
    }
    const sparse = {
      rows: 2,
      columns: 2,
      offsets: foreign<Uint32Array>("new Uint32Array([0, 1, 2])"),
      indices: foreign<Uint32Array>("new Uint32Array([0, 1])"),
      values: foreign<Float64Array>("new Float64Array([1, 2])"),
    };
    expect(kernels.participationRatio(sparse).value).toBeCloseTo(25 / 17, 6);
  });

  it("are taken as checkpoints, texts and expressions", async () => {
    const bytes = foreign<Uint8Array>(`new Uint8Array([${[...readFileSync(example).subarray(0, 40)].join()}])`);
    await expect(openCheckpoint(bytes)).rejects.toMatchObject({ name: "CheckpointError", code: "truncated" });
    const include = foreign<RegExp>("/layers\\.0\\.mlp/");
    expect((await analyze(example, { include, gaussians: [4] })).source.matrices).toBe(3);
    const tokens = foreign<Uint32Array>("new Uint32Array([1, 2, 1, 3, 1, 2])");
    expect((await analyzeTransitions(tokens, { vocabulary: 4, shuffles: 0 }))[0].tokens).toBe(6);
  });
});

describe("texts", () => {
  const text = "naïve café über straße, 漢字 \u{1F9E0} don’t ".repeat(400);
  const bytes = new TextEncoder().encode(text);
  const options = { vocabulary: 50, shuffles: 1 };
  const file = path.join(place, "text.txt");
  writeFileSync(file, text);
  const chunked = (size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  async function* later<T>(values: Iterable<T>): AsyncGenerator<T> {
    yield* values;
  }

  it("are the same text in every form, wherever the borders of its pieces lie", async () => {
    const expected = await analyzeTransitions(text, options);
    const forms: Record<string, () => Parameters<typeof analyzeTransitions>[0]> = {
      Blob: () => new Blob([text]),
      "a File": () => new File([text], "a.txt"),
      Uint8Array: () => bytes,
      Buffer: () => Buffer.from(bytes),
      ArrayBuffer: () => untyped(bytes.slice().buffer),
      DataView: () => untyped(new DataView(bytes.slice().buffer)),
      "a body": () => new Response(text).body!,
      "a decoded body": () => untyped(new Response(text).body!.pipeThrough(new TextDecoderStream())),
      "Blob.stream": () => new Blob([text]).stream(),
      createReadStream: () => untyped(createReadStream(file, { highWaterMark: 1001 })),
      "createReadStream with an encoding": () =>
        untyped(createReadStream(file, { encoding: "utf8", highWaterMark: 7 })),
      "Readable of Buffers": () => untyped(Readable.from(chunked(13).map((chunk) => Buffer.from(chunk)))),
      "an array of strings": () => [text.slice(0, 1001), text.slice(1001)],
      "an array of bytes": () => chunked(5),
      "a generator of bytes": () => later(chunked(1)),
      "bytes after a byte-order mark": () => [Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf), bytes],
    };
    for (const [form, make] of Object.entries(forms))
      expect({ form, reports: await analyzeTransitions(make(), options) }).toEqual({ form, reports: expected });
  });

  it("in bytes have their bytes as tokens, strings or not", async () => {
    const asked = { vocabulary: 256, shuffles: 0, tokens: "bytes" } as const;
    const expected = await analyzeTransitions(text, asked);
    expect(expected[0].tokens).toBe(bytes.length);
    expect(await analyzeTransitions(chunked(3), asked)).toEqual(expected);
    expect(await analyzeTransitions(new Blob([text]), asked)).toEqual(expected);
  });

  it("cut anywhere give one answer", async () => {
    const short = "é漢\u{1F9E0} a é b";
    const encoded = new TextEncoder().encode(short);
    const expected = await analyzeTransitions(short, { vocabulary: 9, shuffles: 0 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(encoded.length), { maxLength: 6 }), async (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), encoded.length];
        const parts = borders.slice(1).map((end, i) => encoded.subarray(borders[i], end));
        expect(await analyzeTransitions(parts, { vocabulary: 9, shuffles: 0 })).toEqual(expected);
      }),
    );
  });

  it("as tokens may be whole numbers of any kind", async () => {
    const asked = { vocabulary: 3, shuffles: 0 };
    const expected = await analyzeTransitions(Uint32Array.of(1, 2, 3, 1, 2), asked);
    for (const tokens of [
      [1, 2, 3, 1, 2],
      Int32Array.of(1, 2, 3, 1, 2),
      Uint16Array.of(1, 2, 3, 1, 2),
      BigUint64Array.of(1n, 2n, 3n, 1n, 2n),
    ])
      expect(await analyzeTransitions(untyped(tokens), asked)).toEqual(expected);
    await expect(analyzeTransitions([1, 2.5], asked)).rejects.toThrow("text: token 1 is 2.5, no whole number");
    await expect(analyzeTransitions(untyped([1, null]), asked)).rejects.toThrow("text: token 1 is null");
  });

  it("that are none say which argument is wrong", async () => {
    const asked = { vocabulary: 3, shuffles: 0 };
    for (const text of [undefined, null, 5, true, {}, Symbol.iterator, () => "a"])
      await expect(analyzeTransitions(untyped(text), asked)).rejects.toThrow(/^text must be a string/);
    await expect(analyzeTransitions(untyped(Float32Array.of(1)), asked)).rejects.toThrow(/^text: tokens must be whole/);
    for (const chunk of [1, null, {}, undefined])
      await expect(analyzeTransitions(untyped(later(["a b ", chunk])), asked)).rejects.toThrow(
        /^text: a piece of it is/,
      );
    await expect(analyzeTransitions("a", untyped(undefined))).rejects.toThrow(/^options must be an object/);
    await expect(analyzeTransitions("a", untyped({}))).rejects.toThrow(/^vocabulary must be/);
    await expect(analyzeTransitions("a", untyped({ vocabulary: "5" }))).rejects.toThrow(/^vocabulary must be/);
  });
});

describe("options", () => {
  it("in their natural forms are what they mean", async () => {
    const bytes = readFileSync(example);
    const asked = await analyze(bytes, { include: /layers\.0\.mlp/, gaussians: [8] });
    expect(await analyze(bytes, untyped({ include: "layers\\.0\\.mlp", gaussians: 8 }))).toEqual(asked);
    expect(await analyze(bytes, untyped({ include: "layers\\.0\\.mlp", gaussians: "8" }))).toEqual(asked);
    expect(
      (await analyze(untyped(createReadStream(example)), { include: /layers\.0\.mlp/, gaussians: [8] })).matrices,
    ).toEqual(asked.matrices);
    expect(
      (
        await analyze(untyped(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)), {
          include: /layers\.0\.mlp/,
          gaussians: [8],
        })
      ).matrices,
    ).toEqual(asked.matrices);
  });

  it("that cannot be meant are a TypeError with their name", async () => {
    const calls: [name: RegExp, call: () => unknown][] = [
      [/^matrix must/, () => kernels.norms(untyped(undefined))],
      [/^matrix must/, () => kernels.participationRatio(untyped(null))],
      [
        /^data must be a Float32Array or a Float64Array, not undefined/,
        () => kernels.norms(untyped({ rows: 1, columns: 2 })),
      ],
      [/^data must/, () => kernels.norms(untyped({ rows: 1, columns: 2, data: [1, 2] }))],
      [/^data must/, () => kernels.fitGaussians(untyped({ rows: 1, columns: 2, data: new Int8Array(2) }))],
      [
        /^options must be an object with count/,
        () => kernels.singularValues({ rows: 1, columns: 1, data: Float32Array.of(1) }, untyped(undefined)),
      ],
      [
        /^options must be an object with gaussians/,
        () => kernels.fitFreeGaussians({ rows: 1, columns: 1, data: Float32Array.of(1) }, untyped(undefined)),
      ],
      [/^options must/, () => kernels.fitGaussians({ rows: 1, columns: 1, data: Float32Array.of(1) }, untyped(null))],
      [/^fit must/, () => kernels.reconstruct(untyped(undefined))],
      [
        /^offsets must/,
        () => kernels.participationRatio(untyped({ rows: 1, columns: 1, offsets: [0, 1], indices: [0], values: [1] })),
      ],
      [/^options must/, () => load(untyped(null))],
      [/^a checkpoint is .*, not number/, () => analyze(untyped(5))],
      [/^a checkpoint is .*, not null/, () => analyze(untyped(null))],
      [/^a checkpoint is .*, not undefined/, () => openCheckpoint(untyped(undefined))],
      [/^options must/, () => analyze(example, untyped(null))],
      [/^options must/, () => openCheckpoint(example, untyped("x"))],
      [/^include must be a regular expression, not number/, () => analyze(example, untyped({ include: 5 }))],
      [/^exclude is no regular expression/, () => analyze(example, untyped({ exclude: "(" }))],
      [/^gaussians must be a list/, () => analyze(example, untyped({ gaussians: {} }))],
      [/^participation must/, () => analyze(example, untyped({ participation: "exact" }))],
      [/^options\.signal must be an AbortSignal/, () => analyze(example, untyped({ signal: {} }))],
      [/^options\.onProgress must be a function/, () => analyze(example, untyped({ onProgress: 1 }))],
      [/^pearson: value 0 of x must be a number, not string/, () => pearson(untyped(["1", "2", "3"]), [1, 2, 4])],
      [/^pearson: value 1 of x must be a number, not undefined/, () => pearson(untyped([1, undefined, 3]), [1, 2, 4])],
      [/^pearson: y must be a list of numbers/, () => pearson([1, 2, 3], untyped(undefined))],
      [/^fitPowerLaw: value 0 of y must be a number, not bigint/, () => fitPowerLaw([1, 2, 4], untyped([1n, 2n, 3n]))],
    ];
    for (const [message, call] of calls) {
      const error = await (async () => call())().then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(message);
    }
  });
});

describe("pearson and fitPowerLaw", () => {
  it("lose nothing to an offset or a scale", () => {
    const finite = fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((value) => value / 2 ** 20);
    const shape = fc.array(fc.tuple(finite, finite), { minLength: 4, maxLength: 30 });
    const powers = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(shape, powers, powers, fc.constantFrom(0, 1, -(2 ** 20), 2 ** 31), (points, left, right, offset) => {
        const [x, y] = [points.map((point) => point[0]), points.map((point) => point[1])];
        fc.pre(new Set(x).size > 2 && new Set(y).size > 2);
        const plain = pearson(x, y);
        // Sums that a double holds exactly: the correlation is that of the points without offset.
        const far = pearson(
          x.map((value) => (value + offset) * 2 ** left),
          y.map((value) => (value - offset) * 2 ** right),
        );
        expect(Math.abs(far.r - plain.r)).toBeLessThanOrEqual(1e-12);
      }),
    );
    const x = [1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3];
    expect(pearson(x, [1, 2, 3, 4]).r).toBe(1);
    expect(pearson([1e300, -1e300, 1e299], [1, 2, 3]).n).toBe(3);
  });
});
