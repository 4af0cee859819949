import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { inspect } from "../../src/analyze/inspect.js";
import { openCheckpoint } from "../../src/index.js";
import type { ByteSource } from "../../src/types.js";
import { concatenate, gguf, npy, safetensorsOf } from "./files.js";
import { zip } from "./zip-file.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of `byteLength` bytes that begins with `head`, the rest zeros; what was read of it is counted. */
function sparse(name: string, head: Bytes, byteLength = head.length) {
  const counts = { reads: 0, longest: 0 };
  const source: ByteSource = {
    name,
    byteLength,
    async read(start, end) {
      counts.reads++;
      counts.longest = Math.max(counts.longest, end - start);
      const bytes = new Uint8Array(end - start);
      if (start < head.length) bytes.set(head.subarray(start, Math.min(end, head.length)));
      return bytes;
    },
  };
  return { source, counts };
}

const tensors = (count: number, kind = "U8") =>
  Array.from({ length: count }, (_, i) => `"${i}":{"dtype":"${kind}","shape":[0],"data_offsets":[0,0]}`);
const integer = (size: number, value: number): Bytes => {
  const bytes = new Uint8Array(size);
  if (size === 8) new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  else new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
/** A GGUF file with one key, an array of `count` elements of a type, each of `size` zero bytes. */
function ggufArray(type: number, count: number, size: number): Bytes {
  const head = gguf([["k", 4, 0]], []);
  const key = 24 + 8 + 1;
  const nothing = new Uint8Array(count * size);
  return concatenate([head.slice(0, key), integer(4, 9), integer(4, type), integer(8, count), nothing]);
}
const refused = (source: ByteSource | Bytes, code: string) =>
  expect(openCheckpoint(source)).rejects.toMatchObject({ name: "CheckpointError", code });

describe("what a header claims is limited before it is made", () => {
  it("tensors, keys and values that mean nothing of safetensors", async () => {
    await refused(safetensorsOf(`{${tensors(500_001).join()}}`), "header-too-large");
    const keys = Array.from({ length: 65_537 }, (_, i) => `"${i}":""`).join();
    await refused(safetensorsOf(`{"__metadata__":{${keys}}}`), "header-too-large");
    await refused(safetensorsOf(`{"w":{"x":[${"[],".repeat(1_000_000)}[]]}}`), "invalid-header");
  });

  it("tensors and keys of GGUF, by their counts alone", async () => {
    for (const [at, count] of [
      [8, 500_001],
      [16, 65_537],
    ]) {
      const head = gguf([["k", 4, 0]], []);
      new DataView(head.buffer).setBigUint64(at, BigInt(count), true);
      const { source, counts } = sparse("a.gguf", head, 1e9);
      await refused(source, "header-too-large");
      expect(counts.longest).toBeLessThanOrEqual(65536);
    }
  });

  it("arrays in arrays, strings and 64-bit integers of GGUF, before one is read", async () => {
    for (const [type, count, size] of [
      [9, 500_001, 12],
      [8, 4_000_001, 8],
      [10, 4_000_001, 8],
    ]) {
      const head = ggufArray(type, count, 0);
      const { source, counts } = sparse("a.gguf", head, head.length + count * size);
      await refused(source, "header-too-large");
      expect(counts.longest).toBeLessThanOrEqual(65536);
    }
  });

  it("slices of a tensor in a sparse file", async () => {
    const outer = 100_000_000;
    const shapes = [
      ["blk.experts.w", [outer, 2, 2]],
      ["blk.experts.v", [8, 2, 2]],
    ] as const;
    let offset = 0;
    const entries = shapes.map(([name, shape]) => {
      const end = offset + shape[0] * 16;
      const entry = `"${name}":{"dtype":"F32","shape":[${shape}],"data_offsets":[${offset},${end}]}`;
      offset = end;
      return entry;
    });
    const head = safetensorsOf(`{${entries.join()}}`);
    const checkpoint = await openCheckpoint(sparse("a.safetensors", head, head.length + offset).source);
    const { matrices, source } = await inspect(checkpoint);
    expect(matrices).toHaveLength(8);
    expect(source.skipped).toEqual([{ name: "blk.experts.w", reason: "more than 100000 matrices" }]);
  });

  it("members of an archive", async () => {
    const array = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", new Uint8Array(8));
    const deflated = { bytes: Uint8Array.from(deflateRawSync(array)), method: 8, size: array.length, crc: 7 };
    const many = Array.from({ length: 16_385 }, (_, i) => ({ name: `${i}.npy`, ...deflated }));
    await refused(zip(many), "too-many-files");
  });
});

describe("a header within the limits", () => {
  it("costs a few times its size where every character is an escape", async () => {
    const count = 2_000_000;
    const bytes = safetensorsOf(`{"__metadata__":{"a":"${"\\u0041".repeat(count)}"}}`);
    const before = process.memoryUsage().heapUsed;
    const checkpoint = await openCheckpoint(bytes);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(3 * bytes.length);
    expect(String(checkpoint.metadata.a)).toBe("A".repeat(count));
  });

  it("is left in the middle when it is aborted", async () => {
    for (const [name, bytes] of [
      ["a.safetensors", safetensorsOf(`{${tensors(400_000).join()}}`)],
      ["a.gguf", ggufArray(8, 3_000_000, 8)],
    ] as const) {
      const { source } = sparse(name, bytes);
      const abort = new AbortController();
      const opening = openCheckpoint(source, { signal: abort.signal });
      let turns = 0;
      const turn = () => {
        if (++turns === 8) abort.abort();
        else setImmediate(turn);
      };
      setImmediate(turn);
      await expect(opening).rejects.toThrow(/abort/i);
    }
  });

  it("of an archive's members is read a window at a time", async () => {
    const array = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", new Uint8Array(8));
    const bytes = zip(Array.from({ length: 4000 }, (_, i) => ({ name: `${i}.npy`, bytes: array, crc: 7 })));
    const { source, counts } = sparse("a.npz", bytes);
    expect((await openCheckpoint(source)).tensors).toHaveLength(4000);
    expect(counts.reads).toBeLessThan(20);
  });
});

describe("rows of a matrix stored by columns", () => {
  it("take no more than themselves and a window, however long the columns are", async () => {
    const [rows, columns] = [3_000_000, 3];
    const head = npy(`{'descr': '<f8', 'fortran_order': True, 'shape': (${rows}, ${columns}), }`, new Uint8Array(0));
    const { source, counts } = sparse("a.npy", head, head.length + rows * columns * 8);
    const checkpoint = await openCheckpoint(source);
    await checkpoint.readRows(checkpoint.tensors[0], 1_000_000, 1_000_008);
    expect(counts.longest).toBeLessThanOrEqual(4096);
    expect(counts.reads).toBeLessThan(10);
    await checkpoint.readRows(checkpoint.tensors[0], 0, 100_000);
    expect(counts.longest).toBeLessThanOrEqual(100_000 * 8);
  });
});
