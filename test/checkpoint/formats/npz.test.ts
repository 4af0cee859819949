import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { RawCheckpoint } from "../../../src/checkpoint/checkpoint.js";
import { openCheckpoint } from "../../../src/index.js";
import { concatenate, npy } from "../files.js";
import { zip } from "../zip-file.js";
import { expected, file, large } from "./numpy-files.js";

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
