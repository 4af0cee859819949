import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { loadMachine } from "../../src/kernels/load-machine.js";
import type { Machine } from "../../src/kernels/machine.js";
import { Sha256 } from "../../src/kernels/sha256.js";

let machine: Machine;
beforeAll(async () => {
  machine = await loadMachine();
});

const expected = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("SHA-256", () => {
  it("is that of the standard's examples", () => {
    const of = (text: string): string => new Sha256(machine).update(new TextEncoder().encode(text)).hex();
    expect(of("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(of("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  it("is node:crypto's, however the bytes are cut (property)", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
        const hash = new Sha256(machine);
        for (const piece of pieces) hash.update(piece);
        expect(hash.hex()).toBe(expected(Buffer.concat(pieces)));
      }),
      { numRuns: 200 },
    );
  });

  it("takes more than a piece at once, and every length around a block", () => {
    for (const length of [55, 56, 63, 64, 65, 119, 120, 65535, 65536, 65537, 300001]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) >>> 3);
      expect(new Sha256(machine).update(bytes).hex()).toBe(expected(bytes));
      expect(new Sha256(machine).update(bytes.subarray(0, 7)).update(bytes.subarray(7)).hex()).toBe(expected(bytes));
    }
  });
});
