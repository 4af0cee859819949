import { asRawCheckpoint } from "../checkpoint/adapted.js";
import { matricesOf } from "../checkpoint/matrices.js";
import { type Interpreted, interpret, weightsOf } from "../checkpoint/views/interpreted.js";
import type { Checkpoint, InspectReport } from "../types.js";

/** What the tensors of an open checkpoint mean. Reads its header, and the contents of small tensors that are needed. */
export async function inspect(checkpoint: Checkpoint, signal?: AbortSignal): Promise<InspectReport> {
  const interpreted = await interpret(asRawCheckpoint(checkpoint), signal);
  const { matrices, skipped, notes } = matricesOf(interpreted);
  return {
    schemaVersion: 1,
    source: {
      name: checkpoint.name.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, ""),
      format: checkpoint.format,
      byteLength: checkpoint.byteLength,
      parameters: weightsOf(interpreted),
      matrices: matrices.length,
      skipped: skipped.map(({ name, reason }) => ({ name, reason })),
      notes,
    },
    weights: weightsOf(interpreted),
    metadata: Object.fromEntries(Object.entries(checkpoint.metadata).map(([key, value]) => [key, abbreviated(value)])),
    matrices: matrices.map(({ name, stack, layer, role, type, shape, rows, columns, tensor }) => ({
      name,
      stack,
      layer,
      role,
      dtype: type.name,
      shape: [...shape],
      rows,
      columns,
      parameters: rows * columns,
      tensors: interpreted.assembled(tensor)?.parts ?? [tensor.name],
    })),
    buffers: buffersOf(interpreted),
    tensors: [...checkpoint.tensors],
  };
}

function buffersOf({ stored, asides }: Interpreted): InspectReport["buffers"] {
  return stored.tensors.flatMap(({ name }) => {
    const aside = asides.get(name);
    return aside?.kind === "buffer" ? [{ name, reason: aside.reason }] : [];
  });
}

const FEW = 16;
const LONG = 1000;

function abbreviated(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return value.length > LONG ? `${value.slice(0, LONG)}…` : value;
  if (ArrayBuffer.isView(value)) return abbreviated(Array.from(value as unknown as ArrayLike<number>));
  if (Array.isArray(value))
    return value.length > FEW
      ? { length: value.length, first: value.slice(0, FEW).map(abbreviated) }
      : value.map(abbreviated);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}
