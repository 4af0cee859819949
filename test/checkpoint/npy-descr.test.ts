import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/index-node.js";

/** A .npy of 2 × 2 whose header says `descr`. */
function npy(descr: string): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2, 2), }`;
  const header = `${text}${" ".repeat(127 - 10 - text.length)}\n`;
  const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0);
  const bytes = new Uint8Array(start.length + header.length + 32);
  bytes.set(start);
  for (let i = 0; i < header.length; i++) bytes[start.length + i] = header.charCodeAt(i);
  return bytes;
}

describe("a descr that becomes a type's name", () => {
  it("holds nothing but a date's unit in its brackets: what else stands there would be printed as it is", async () => {
    for (const inside of ["\u001b[31m", "|", "\u0007", "<b>", "a b", "\u0085"])
      await expect(openCheckpoint(npy(`<M8[${inside}]`)), JSON.stringify(inside)).rejects.toMatchObject({
        code: "unknown-dtype",
      });
  });

  it("names dates and differences as numpy writes them", async () => {
    for (const descr of ["<M8[ns]", "<m8[25us]", "<M8[D]", "<M8"]) {
      const checkpoint = await openCheckpoint(npy(descr));
      expect(checkpoint.tensors.map(({ dtype }) => dtype)).toEqual([descr]);
      await checkpoint.close();
    }
  });
});
