import { CheckpointError } from "../base/errors.js";
import { checkedSource } from "../bytes/source.js";
import type { Location } from "../host/contract.js";

/** What says how a checkpoint's weights are stored, the first that says something. */
export const HINTS = ["config.json", "quantize_config.json"] as const;
/** What says how an adapter's factors count. */
export const ADAPTER_CONFIG = "adapter_config.json";

/** Larger than any model's config.json. */
const LARGEST = 16 << 20;

/** A small file of the same directory, or null where there is none or it cannot be had. */
export async function readBeside(location: Location, name: string, signal?: AbortSignal): Promise<Uint8Array | null> {
  try {
    const names = await location.list?.();
    if (names && !names.includes(name)) return null;
    const source = checkedSource(await location.sibling(name).open(signal));
    try {
      return source.byteLength > LARGEST ? null : await source.read(0, source.byteLength, signal);
    } finally {
      await source.close?.();
    }
  } catch (error) {
    if (error instanceof CheckpointError) return null;
    throw error;
  }
}
