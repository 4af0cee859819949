import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { RawCheckpoint } from "../../../src/checkpoint/checkpoint.js";
import { openCheckpoint } from "../../../src/index.js";
import { data } from "../../support/data.js";
import { concatenate, npy, zip } from "../files.js";

/** Written by NumPy itself, with the values it reads back (test/oracle/npy.py). */
const expected = JSON.parse(readFileSync(data("numpy/expected.json"), "utf8")) as Record<
  string,
  { shape: number[]; values: number[] }
>;
const file = (name: string) => data(`numpy/${name}`);

/** Of 600 × 700 cells: larger than one read. */
const large = Float32Array.from({ length: 600 * 700 }, (_, i) => (i * 7919) % 1009);

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

describe(".npz", () => {
  it.each(["stored.npz", "deflated.npz"])("%s", async (name) => {
    const checkpoint = await openCheckpoint(file(name));
    expect(checkpoint.format).toBe("npz");
    for (const tensorName of ["first", "second/part", "ids"]) {
      const tensor = checkpoint.tensors.find((one) => one.name === tensorName)!;
      expect(tensor.shape).toEqual(expected[tensorName].shape);
      const rows = tensor.shape.length < 2 ? 1 : tensor.shape[0];
      expect([...(await checkpoint.readRows(tensor, 0, rows))]).toEqual(expected[tensorName].values);
      // Backwards, and all at once.
      const each = await Promise.all(
        Array.from({ length: rows }, (_, i) => checkpoint.readRows(tensor, rows - 1 - i, rows - i)),
      );
      expect(each.reverse().flatMap((row) => [...row])).toEqual(expected[tensorName].values);
    }
    const words = checkpoint.tensors.find((one) => one.name === "words")!;
    await expect(checkpoint.readRows(words, 0, 1)).rejects.toMatchObject({ code: "undecodable" });
    await checkpoint.close();
  });

  it("with an object among its arrays opens, the object unread", async () => {
    const checkpoint = (await openCheckpoint(file("object.npz"))) as RawCheckpoint;
    expect(checkpoint.tensors.map((tensor) => [tensor.name, checkpoint.undecodable(tensor)])).toEqual([
      ["w", null],
      ["config", "object cannot be decoded"],
    ]);
    await checkpoint.close();
  });

  it("reads a compressed Fortran matrix", async () => {
    const checkpoint = await openCheckpoint(file("big-F.npz"));
    for (const tensor of checkpoint.tensors)
      expect(await checkpoint.readRows(tensor, 17, 40)).toEqual(large.slice(17 * 700, 40 * 700));
    await checkpoint.close();
  });

  const array = npy(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }",
    new Uint8Array(new Float32Array([1, 2]).buffer),
  );
  const opened = (bytes: Uint8Array<ArrayBuffer>) => openCheckpoint(new File([bytes], "a.npz"));

  it("in Zip64, and with a comment", async () => {
    for (const bytes of [
      zip([{ name: "w.npy", bytes: array }], { zip64: true }),
      zip([{ name: "w.npy", bytes: array }], { comment: "written by hand" }),
    ]) {
      const checkpoint = await opened(bytes);
      expect([...(await checkpoint.readRows(checkpoint.tensors[0], 0, 1))]).toEqual([1, 2]);
    }
  });

  it("malformed", async () => {
    const plain = zip([{ name: "w.npy", bytes: array }]);
    await expect(opened(plain.slice(0, -30))).rejects.toMatchObject({ code: "truncated" });
    await expect(opened(plain.slice(10))).rejects.toMatchObject({
      code: expect.stringMatching(/overlap|invalid-zip|truncated/),
    });
    await expect(
      opened(
        zip([
          { name: "w.npy", bytes: array },
          { name: "w.npy", bytes: array },
        ]),
      ),
    ).rejects.toMatchObject({ code: "duplicate-tensor", tensor: "w" });
    await expect(opened(zip([{ name: "w.npy", bytes: array, method: 12 }]))).rejects.toMatchObject({
      code: "unsupported-compression",
    });
    await expect(opened(zip([{ name: "w.npy", bytes: array, flags: 1 }]))).rejects.toMatchObject({ code: "encrypted" });
    await expect(opened(zip([{ name: "readme.txt", bytes: array }]))).rejects.toMatchObject({ code: "unknown-format" });
    await expect(
      opened(
        zip([
          { name: "archive/data.pkl", bytes: array },
          { name: "w.npy", bytes: array },
        ]),
      ),
    ).rejects.toMatchObject({ code: "pickle" });
    await expect(opened(zip([{ name: "w.npy", bytes: array.slice(0, 30) }]))).rejects.toMatchObject({
      code: "truncated",
      tensor: "w",
    });
  });

  it("cannot bomb", async () => {
    const zeros = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 1000), }", new Uint8Array(4_000_000));
    const deflated = deflateRawSync(zeros);
    // Claims more than deflate can give.
    await expect(opened(zip([{ name: "w.npy", bytes: deflated, method: 8, size: 1e9 }]))).rejects.toMatchObject({
      code: "zip-bomb",
    });
    // Gives more than it claims: the shape asks for less than what follows.
    const sneaky = await opened(
      zip([
        {
          name: "w.npy",
          bytes: deflateRawSync(
            concatenate([
              npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", new Uint8Array(4)),
              new Uint8Array(4_000_000),
            ]),
          ),
          method: 8,
          size: npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", new Uint8Array(4)).length,
        },
      ]),
    );
    await expect(sneaky.readRows(sneaky.tensors[0], 0, 1)).rejects.toMatchObject({ code: "zip-bomb" });
    // Gives less.
    const short = await opened(
      zip([{ name: "w.npy", bytes: deflateRawSync(zeros.slice(0, 1000)), method: 8, size: zeros.length / 100 }]),
    ).catch((error) => error);
    expect(short).toMatchObject({ code: "truncated" });
    // Members that share their bytes.
    await expect(
      opened(
        zip([
          { name: "a.npy", bytes: array },
          { name: "b.npy", bytes: array, offset: 0 },
        ]),
      ),
    ).rejects.toMatchObject({ code: "overlap" });
    // A wrong checksum, a damaged stream.
    const wrong = await opened(zip([{ name: "w.npy", bytes: deflated, method: 8, size: zeros.length, crc: 1 }]));
    await expect(wrong.readRows(wrong.tensors[0], 0, 1000)).rejects.toMatchObject({ code: "bad-checksum" });
    const noisy = npy(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1000), }",
      Uint8Array.from({ length: 4000 }, (_, i) => (i * i * 31) >> 3),
    );
    const damaged = deflateRawSync(noisy);
    damaged.fill(255, 300, 360);
    const broken = await opened(zip([{ name: "w.npy", bytes: damaged, method: 8, size: noisy.length, crc: 0 }])).catch(
      (error) => error,
    );
    await expect(
      "tensors" in broken ? broken.readRows(broken.tensors[0], 0, 1) : Promise.reject(broken),
    ).rejects.toMatchObject({
      name: "CheckpointError",
      code: expect.stringMatching(/bad-deflate|bad-checksum|truncated|zip-bomb/),
    });
  });
});
