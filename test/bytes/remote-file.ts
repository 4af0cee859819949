import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import type { CheckpointInput } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { FileServer } from "../checkpoint/server.js";

export const COLUMNS = 1000;

export const ROWS = 1500;

/** Three matrices of 6 MB. */
export const values = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => (i % 4099) / 16);

export const file = safetensors(
  ["a", "b", "c"].map((name, i) => ({
    name,
    dtype: "F32",
    shape: [ROWS, COLUMNS],
    bytes: values.map((value) => value + i),
  })),
);

export const server = new FileServer();

export const other = new FileServer();

export const options = { backoff: 1, silence: 10_000 };

export let url: string;

beforeAll(async () => {
  await server.start();
  await other.start();
  server.serve("/m/model.safetensors", file);
  other.serve("/m/model.safetensors", file);
});

beforeEach(() => {
  server.reset();
  other.reset();
  url = server.address("/m/model.safetensors");
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await server.stop();
  await other.stop();
});

/** Opens, and reads matrix b in blocks. */
export async function readB(input: CheckpointInput, more: object = {}): Promise<void> {
  const checkpoint = await openRaw(input, { ...options, ...more });
  try {
    const tensor = checkpoint.tensors.find((one) => one.name === "b")!;
    for (let row = 0; row < ROWS; row += 300) {
      const rows = await checkpoint.readRows(tensor, row, row + 300);
      for (let i = 0; i < rows.length; i += 997)
        if (rows[i] !== values[row * COLUMNS + i] + 1) throw new Error(`row ${row}, value ${i} is ${rows[i]}`);
    }
  } finally {
    await checkpoint.close();
  }
}
