import { describe, expect, it } from "vitest";
import type { RawCheckpoint } from "../../../src/checkpoint/checkpoint.js";
import { openCheckpoint } from "../../../src/index.js";
import { concatenate, npy } from "../files.js";
import { expected, file, large } from "./numpy-files.js";

describe(".npy", () => {
  it.each(Object.keys(expected).filter((name) => name.includes("-")))("%s", async (name) => {
    const checkpoint = await openCheckpoint(file(`${name}.npy`));
    expect(checkpoint.format).toBe("npy");
    const [tensor] = checkpoint.tensors;
    expect(tensor).toMatchObject({ name, shape: expected[name].shape, parameters: expected[name].values.length });
    const rows = tensor.shape.length < 2 ? 1 : tensor.shape[0];
    expect([...(await checkpoint.readRows(tensor, 0, rows))]).toEqual(expected[name].values);
    if (rows > 1)
      expect([...(await checkpoint.readRows(tensor, 1, 2))]).toEqual(
        expected[name].values.slice(tensor.parameters / rows, (2 * tensor.parameters) / rows),
      );
    await checkpoint.close();
  });

  it("in Fortran order, larger than one read", async () => {
    const columns = Float32Array.from(large, (_, i) => large[(i % 600) * 700 + Math.floor(i / 600)]);
    const header = "{'descr': '<f4', 'fortran_order': True, 'shape': (600, 700), }";
    const bytes = npy(header, new Uint8Array(columns.buffer));
    const checkpoint = (await openCheckpoint(bytes)) as RawCheckpoint;
    const [tensor] = checkpoint.tensors;
    for (const [first, last] of [
      [0, 600],
      [3, 5],
      [599, 600],
      [100, 101],
      [0, 1],
    ]) {
      expect(await checkpoint.readRows(tensor, first, last)).toEqual(large.slice(first * 700, last * 700));
    }
    // Bytes that are no whole rows.
    expect(await checkpoint.readBytes(tensor, 2803, 5601)).toEqual(new Uint8Array(large.buffer).slice(2803, 5601));
    await checkpoint.close();
  });

  const bad = async (bytes: Uint8Array<ArrayBuffer>, code: string) =>
    expect(openCheckpoint(new File([bytes], "a.npy"))).rejects.toMatchObject({ code });
  it("malformed", async () => {
    const four = new Uint8Array(16);
    await bad(new Uint8Array(0), "truncated");
    await bad(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", four.subarray(0, 15)), "truncated");
    await bad(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, -2), }", four), "invalid-header");
    await bad(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2.0), }", four), "invalid-header");
    await bad(npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2), }", four), "invalid-header");
    await bad(npy("{'descr': '<f4', 'fortran_order': False}", four), "invalid-header");
    await bad(npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", four), "invalid-header");
    await bad(npy("__import__('os').system('true')", four), "invalid-header");
    await bad(npy("(".repeat(60000), four), "invalid-header");
    await bad(
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", four),
      "shape-overflow",
    );
    await bad(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991,), }", four), "shape-overflow");
    await bad(npy("{'descr': '<f9', 'fortran_order': False, 'shape': (2, 2), }", four), "unknown-dtype");
    await bad(npy("{'descr': '<q?', 'fortran_order': False, 'shape': (2, 2), }", four), "unknown-dtype");
    await bad(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", four, 9), "unsupported-version");
    await bad(concatenate([npy("{}", four).slice(0, 8), new Uint8Array([255, 255])]), "truncated");
  });

  it("takes what NumPy takes: Python 2's long integers, no byte order, a second array after the first", async () => {
    const bytes = npy(
      "{'descr': 'f4', 'fortran_order': False, 'shape': (1L, 2L), }",
      new Uint8Array(new Float32Array([3, 4, 5]).buffer),
    );
    const checkpoint = await openCheckpoint(bytes);
    expect([...(await checkpoint.readRows(checkpoint.tensors[0], 0, 1))]).toEqual([3, 4]);
  });
});
