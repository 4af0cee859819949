import { expect, it } from "vitest";
import { inspect } from "../../src/analyze/inspect.js";
import { inspection, inspectionTable } from "../../src/report/inspection.js";
import { painter } from "../../src/report/layout.js";
import type { Checkpoint } from "../../src/types.js";

/** More than a call takes arguments. */
const MANY = 130_000;

it("a header of very many tensors and keys has its table", async () => {
  const numbers = Array.from({ length: MANY }, (_, i) => i);
  const checkpoint = {
    name: "many.safetensors",
    byteLength: 4 * MANY,
    format: "safetensors",
    metadata: Object.fromEntries(numbers.map((i) => [`key${i}`, i])),
    tensors: numbers.map((i) => ({
      name: `t${i}`,
      dtype: "F32",
      shape: [1],
      parameters: 1,
      byteOffset: 4 * i,
      byteLength: 4,
      file: "many.safetensors",
    })),
  } as unknown as Checkpoint;
  expect(
    inspectionTable(inspection(await inspect(checkpoint), false), 80, painter(false)).split("\n").length,
  ).toBeGreaterThan(2 * MANY);
});
