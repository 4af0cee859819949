import { describe, expect, it } from "vitest";
import { inAuthorsOrder, reorderedHeads, storedRow } from "../../src/compare/rotary.js";

/** convert_hf_to_gguf.py: weights.reshape(heads, 2, side / 2, columns).swapaxes(1, 2).reshape(rows, columns). */
function convert(rows: number, heads: number): number[] {
  const side = rows / heads;
  const half = side / 2;
  const stored: number[] = [];
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < half; i++) for (let t = 0; t < 2; t++) stored.push(head * side + t * half + i);
  return stored;
}

describe("rows in llama.cpp's order", () => {
  it("are found where its converter puts them", () => {
    const stored = convert(12, 1);
    for (let j = 0; j < 12; j++) expect(stored[storedRow(j, 12)]).toBe(j);
  });

  it("come back in the authors' order, in ranges of any size", async () => {
    const rows = 24;
    const heads = 3;
    const columns = 2;
    const stored = convert(rows, heads);
    const read = inAuthorsOrder(
      async (first, last) => Float32Array.from(stored.slice(first, last).flatMap((row) => [row, -row])),
      rows,
      columns,
      heads,
    );
    for (const [first, last] of [
      [0, 24],
      [0, 1],
      [5, 13],
      [23, 24],
      [8, 16],
      [7, 7],
    ]) {
      const expected = Array.from({ length: last - first }, (_, i) => [first + i, -(first + i) || 0]).flat();
      expect([...(await read(first, last))].map((x) => x || 0)).toEqual(expected);
    }
  });

  it("are those of queries and keys of architectures that are reordered, by their heads", () => {
    const llama = {
      "general.architecture": "llama",
      "llama.attention.head_count": 4,
      "llama.attention.head_count_kv": 2,
    };
    expect(reorderedHeads(llama, "attention.query", 256)).toBe(4);
    expect(reorderedHeads(llama, "attention.key", 128)).toBe(2);
    expect(reorderedHeads(llama, "attention.value", 128)).toBe(0);
    expect(reorderedHeads({ ...llama, "general.architecture": "qwen2" }, "attention.query", 256)).toBe(0);
    expect(
      reorderedHeads({ "general.architecture": "llama", "llama.attention.head_count": 4 }, "attention.key", 256),
    ).toBe(4);
    for (const odd of [0, -4, 3, 1e9, "4", null, NaN])
      expect(reorderedHeads({ ...llama, "llama.attention.head_count": odd }, "attention.query", 256)).toBe(0);
    expect(reorderedHeads({}, "attention.query", 256)).toBe(0);
  });
});
