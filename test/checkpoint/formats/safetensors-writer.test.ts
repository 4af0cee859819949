import fc from "fast-check";
import { expect, it } from "vitest";
import {
  safetensorsFile,
  safetensorsHeader,
  type WrittenTensor,
} from "../../../src/checkpoint/formats/safetensors-writer.js";
import { openCheckpoint } from "../../../src/checkpoint/open.js";

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

/** Without half a surrogate pair, which UTF-8 cannot hold. */
const wellFormed = (text: string) => !/\p{Surrogate}/u.test(text);

const tensor = (name: string, values: number): WrittenTensor => ({
  name,
  dtype: "F32",
  shape: [values],
  byteLength: values * 4,
});

async function* cut(bytes: Uint8Array, pieces: number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const piece of pieces) {
    yield bytes.subarray(at, at + piece);
    at = Math.min(bytes.length, at + piece);
  }
  yield bytes.subarray(at);
}

it("is read back with names, shapes, bytes and metadata, however its parts are cut", async () => {
  const names = fc.uniqueArray(
    fc.oneof(fc.string(), fc.constantFrom("1", "0", "constructor", "__proto__", 'a"b\\', "ż")),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.array(fc.nat(9)),
      fc.dictionary(fc.string(), fc.string()),
      async (all, pieces, metadata) => {
        const usable = all.filter((name) => name !== "__metadata__" && wellFormed(name));
        const given = Object.fromEntries(Object.entries(metadata).filter(([key, value]) => wellFormed(key + value)));
        const tensors = usable.map((name, i) => tensor(name, i));
        const values = Float32Array.from(
          { length: tensors.reduce((sum, { shape }) => sum + shape[0], 0) },
          (_, i) => i + 0.5,
        );
        const bytes = await bytesOf(safetensorsFile(tensors, cut(new Uint8Array(values.buffer), pieces), given));
        const opened = await openCheckpoint(bytes);
        expect(opened.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
          tensors.map(({ name, shape }) => ({ name, shape })),
        );
        expect({ ...opened.metadata }).toEqual(given);
        let next = 0.5;
        for (const one of opened.tensors)
          for (const value of await opened.readRows(one, 0, 1)) expect(value).toBe(next++);
      },
    ),
    { numRuns: 60 },
  );
});

it("begins its tensors at a multiple of eight bytes", () => {
  for (const name of ["a", "ab", "abc", "abcdefgh"]) expect(safetensorsHeader([tensor(name, 1)]).length % 8).toBe(0);
});

it("refuses two tensors of one name", () => {
  expect(() => safetensorsHeader([tensor("a", 1), tensor("a", 2)])).toThrow(
    'two tensors of one file cannot both be called "a"',
  );
  expect(() => safetensorsHeader([tensor("__metadata__", 1)])).toThrow(RangeError);
});

it("fails where its parts are fewer or more bytes than its tensors have", async () => {
  async function* of(length: number): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(length);
  }
  await expect(bytesOf(safetensorsFile([tensor("a", 2)], of(7)))).rejects.toThrow("ended after");
  await expect(bytesOf(safetensorsFile([tensor("a", 2)], of(9)))).rejects.toThrow("was given");
});

it("asks for nothing before it is read, and ends its parts when it is cancelled", async () => {
  const seen: string[] = [];
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        seen.push("asked");
        yield new Uint8Array(4);
      }
    } finally {
      seen.push("ended");
    }
  }
  const reader = safetensorsFile([tensor("a", 100)], parts()).getReader();
  await reader.read();
  expect(seen).toEqual([]);
  await reader.read();
  await reader.cancel();
  expect(seen).toEqual(["asked", "ended"]);
});
