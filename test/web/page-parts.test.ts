import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { analyze } from "../../src/index.js";
import { addressOf } from "../../src/web/address.js";
import { Gate, gated } from "../../src/web/gate.js";
import { readLink, START, views, writeLink } from "../../src/web/link.js";
import { pairsOf } from "../../src/web/pairs.js";
import { reaching, type Surroundings } from "../../src/web/reach.js";
import { DEFAULT_SETTINGS } from "../../src/web/settings.js";
import { modelFile, report } from "./report.js";

describe("addresses", () => {
  it.each([
    ["openai-community/gpt2", "hf://openai-community/gpt2"],
    ["owner/repo/onnx/model.safetensors", "hf://owner/repo/onnx/model.safetensors"],
    ["owner/repo@v1.0", "hf://owner/repo@v1.0"],
    [" https://huggingface.co/owner/repo/ ", "hf://owner/repo"],
    ["huggingface.co/owner/repo/tree/main", "hf://owner/repo"],
    ["https://huggingface.co/owner/repo/blob/v2/a/b.gguf?x=1", "hf://owner/repo@v2/a/b.gguf"],
    ["https://huggingface.co/api/models/owner/repo", "https://huggingface.co/api/models/owner/repo"],
    ["https://example.org/m.gguf?token=x", "https://example.org/m.gguf?token=x"],
    ["example.org/m.gguf", "https://example.org/m.gguf"],
    ["localhost:8000/m.gguf", "http://localhost:8000/m.gguf"],
    ["hf://owner/repo", "hf://owner/repo"],
    ["javascript:alert(1)//x", null],
    ["file:///etc/passwd", null],
    ["two words/here", null],
    ["/local/path", null],
    ["word", null],
    ["", null],
  ])("%s", (written, address) => {
    expect(addressOf(written)).toBe(address);
  });

  it("give nothing that a link would not carry", () => {
    fc.assert(
      fc.property(fc.string(), (written) => {
        const address = addressOf(written);
        if (address !== null) expect(readLink(writeLink({ ...START, source: address })).source).toBe(address);
      }),
    );
  });
});

describe("links", () => {
  it("come back as the place they were made of", () => {
    const text = fc.string({ maxLength: 30 });
    fc.assert(
      fc.property(
        fc.record({
          source: fc.constantFrom("", "https://example.org/a b?c=d&e#f".replace(" ", "%20")),
          other: fc.constantFrom("", "http://127.0.0.1:8000/m.gguf"),
          view: fc.constantFrom(...views),
          matrix: text,
          k: fc.integer({ min: 0, max: 23 }),
          sort: text,
          descending: fc.boolean(),
          find: text,
          role: text,
          columns: text,
          settings: fc.record({
            gaussians: fc.uniqueArray(fc.constantFrom("auto", "4", "8", "d/16", "d/32"), { minLength: 1 }),
            permutations: fc.integer({ min: 0, max: 1000 }),
            svd: fc.boolean(),
            seed: fc.integer(),
            width: fc.constantFrom(0.5, 1, 2),
            include: text,
            exclude: text,
            transpose: text,
            threads: fc.integer({ min: 0, max: 64 }),
          }),
        }),
        (place) => {
          expect(readLink(writeLink(place))).toEqual(place);
        },
      ),
    );
  });

  it("that are hostile or broken give defaults", () => {
    expect(readLink("")).toEqual(START);
    expect(writeLink(START)).toBe("");
    expect(readLink("#src=javascript:alert(1)&view=nothing&k=1e9&permutations=-4&seed=x&gaussians=,,evil")).toEqual(
      START,
    );
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(readLink(hash).settings.gaussians.length).toBeGreaterThan(0);
      }),
    );
    expect(DEFAULT_SETTINGS.gaussians[0]).toBe("auto");
  });
});

describe("pairs", () => {
  it("go by name, then by layer, role and size, each once", async () => {
    const { matrices } = await report({ permutations: 0, svd: false });
    const renamed = matrices.map((matrix, i) => (i % 2 === 0 ? matrix : { ...matrix, name: `other.${i}` }));
    const { pairs, onlyA, onlyB } = pairsOf(matrices, renamed);
    expect([pairs.length, onlyA, onlyB]).toEqual([matrices.length, 0, 0]);
    pairs.forEach(({ a, b }) => expect([b.layer, b.role, b.parameters]).toEqual([a.layer, a.role, a.parameters]));
    expect(new Set(pairs.map(({ b }) => b)).size).toBe(pairs.length);
    expect(pairsOf(matrices, matrices.slice(1))).toMatchObject({ onlyA: 1, onlyB: 0 });
    expect(pairsOf([], matrices)).toMatchObject({ pairs: [], onlyA: 0, onlyB: matrices.length });
  });
});

describe("what was not reached", () => {
  const failing = () => Promise.reject(new TypeError("Failed to fetch"));
  const asking = (around: Partial<Surroundings>) =>
    reaching({ fetch: failing, online: true, protocol: "https:", ...around });
  const reason = (around: Partial<Surroundings>, url = "https://example.org/m?secret"): Promise<unknown> =>
    asking(around)(url).catch((error: unknown) => error);

  it("is named at once: offline, http under https, a server that answers none but its own, or either", async () => {
    expect(await reason({ online: false })).toMatchObject({ code: "offline" });
    expect(await reason({}, "http://example.org/m")).toMatchObject({ message: expect.stringMatching(/https:/) });
    const either = await reason({});
    expect(either).toMatchObject({ code: "cross-origin", message: expect.stringMatching(/CORS.*or it cannot/) });
    expect(String(either)).not.toContain("secret");
    const opaque = await reason({
      fetch: (_, init) => (init?.mode === "no-cors" ? Promise.resolve(new Response()) : failing()),
    });
    expect(opaque).toMatchObject({ message: expect.stringMatching(/answers, but does not let/) });
  });

  it("is left to be tried again where the server has answered before, or the reader stopped", async () => {
    let up = true;
    const ask = asking({ fetch: () => (up ? Promise.resolve(new Response()) : failing()) });
    await ask("https://example.org/a");
    up = false;
    await expect(ask("https://example.org/b")).rejects.toThrow(TypeError);
    await expect(asking({})("https://example.org/a", { signal: AbortSignal.abort() })).rejects.toThrow(TypeError);
  });
});

describe("the gate", () => {
  it("stops an analysis and lets it go on to the same report", async () => {
    const bytes = modelFile();
    const gate = new Gate();
    const straight = await analyze(bytes);
    const seen: number[] = [];
    gate.pause();
    let done = false;
    const paused = analyze(gated(await openRaw(bytes), gate), {
      onMatrix: (_, index) => {
        seen.push(index);
      },
    }).then((made) => {
      done = true;
      return made;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([done, seen.length]).toEqual([false, 0]);
    gate.resume();
    expect(await paused).toEqual(straight);
    expect(seen.sort((a, b) => a - b)).toEqual(straight.matrices.map((_, i) => i));
  });
});
