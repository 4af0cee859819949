import type { Directory, Location } from "../checkpoint/location.js";
import { CheckpointError } from "../errors.js";
import { quoted } from "../text.js";

/** Hosts without a file system know URLs, Blobs and bytes only. */
export async function openPath(input: string | URL): Promise<Location | Directory> {
  throw new CheckpointError("no-file-system", `${quoted(String(input))}: paths cannot be opened here; give a File, bytes, or a https:// URL`);
}
