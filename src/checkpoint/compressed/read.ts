import type { Source } from "../../host/contract.js";
import type { Checkpoint } from "../../types.js";
import type { StoredTensor } from "../checkpoint.js";
import { readSafetensors } from "../formats/safetensors.js";
import { isCompressed, standsFor } from "./stands-for.js";

/** A tensor, and the names of what the file holds of it: of a compressed file, its factors. */
export interface StandingTensor extends StoredTensor {
  parts?: readonly string[];
}

/**
 * A safetensors file as what it stands for: a compressed one as its original, unless it is asked for as it is stored.
 */
export async function readStanding(
  source: Source,
  asStored: boolean,
  signal?: AbortSignal,
): Promise<{ format: Checkpoint["format"]; tensors: StandingTensor[]; metadata: Record<string, unknown> }> {
  const { tensors, metadata } = await readSafetensors(source, signal);
  if (asStored || !isCompressed(metadata)) return { format: "safetensors", tensors, metadata };
  return standsFor(source, tensors, metadata, signal);
}
