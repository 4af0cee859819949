import type { CheckpointError } from "../../base/errors.js";
import { printable } from "../../base/printable.js";
import type { Source } from "../../host/contract.js";
import { malformed } from "../fail.js";

/** What the first bytes of a file say that it is: a format that is read, or one that is known and refused. */
export type Format = "safetensors" | "gguf" | "npy" | "npz" | Refused;
type Refused = "pickle" | "git-lfs" | "html" | "hdf5" | "gzip" | "zip" | "imatrix";

/** Enough for every signature below, and for the names of the first entries of a zip archive. */
const PROBE = 4096;
/** A safetensors header may be as long as this; a pickle's first eight bytes read as far more. */
const LONGEST_HEADER = 100_000_000n;

/** By content first: names lie. What nothing else claims is read as safetensors, whose errors are then told. */
export async function recognise(source: Source, signal?: AbortSignal): Promise<Format> {
  const bytes = await source.read(0, Math.min(source.byteLength, PROBE), signal);
  const text = String.fromCharCode(...bytes);
  if (looksLikeSafetensors(bytes)) return "safetensors";
  if (text.startsWith("GGUF") || /\.gguf$/i.test(source.name)) return "gguf";
  if (text.startsWith("\x93NUMPY") || /\.npy$/i.test(source.name)) return "npy";
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06") || /\.npz$/i.test(source.name))
    return /(^|\/)data\.pkl/.test(text) || hasPickleName(source.name) ? "pickle" : "npz";
  if (/^\x80[\x02-\x05]/.test(text)) return "pickle";
  if (text.startsWith("version https://git-lfs")) return "git-lfs";
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) return "html";
  if (text.startsWith("\x89HDF\r\n")) return "hdf5";
  if (text.startsWith("\x1f\x8b")) return "gzip";
  if (looksLikeImportance(bytes, text)) return "imatrix";
  return hasPickleName(source.name) ? "pickle" : "safetensors";
}

function looksLikeSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return length >= 2n && length <= LONGEST_HEADER && /^[\s{]$/.test(String.fromCharCode(bytes[8]));
}

/** llama.cpp's older imatrix: a number of entries, then the length and the letters of the first one's name. */
function looksLikeImportance(bytes: Uint8Array, text: string): boolean {
  if (bytes.length < 16) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [entries, length] = [view.getInt32(0, true), view.getInt32(4, true)];
  if (entries < 1 || entries > 65536 || length < 1 || length > 256) return false;
  return /^[\w.]+\.weight$/.test(text.slice(8, 8 + length));
}

const hasPickleName = (name: string) => /\.(pt|pth|ckpt|pkl|bin)$/i.test(name);

/** The one line for a file that is something else. */
export function refuse(format: Refused, file: string): CheckpointError {
  switch (format) {
    case "pickle":
      return malformed(
        "pickle",
        file,
        `a PyTorch pickle can run code when it is read, so it is not; convert it: python -c "import sys,torch;from ` +
          "safetensors.torch import save_file;save_file({k:v.contiguous().clone() for k,v in " +
          `torch.load(sys.argv[1],map_location='cpu',weights_only=True).items()},sys.argv[2])" ` +
          `${printable(shellWord(file))} model.safetensors`,
      );
    case "git-lfs":
      return malformed("unknown-format", file, "a Git LFS pointer, not the file itself: run `git lfs pull`");
    case "html":
      return malformed(
        "unknown-format",
        file,
        "a web page, not a checkpoint: the address may want a log-in, or another path",
      );
    case "hdf5":
      return malformed("unknown-format", file, "an HDF5 file: save the weights as safetensors or .npz");
    case "gzip":
      return malformed("unknown-format", file, "compressed with gzip: unpack it first");
    case "imatrix":
      return malformed(
        "unknown-format",
        file,
        "an importance matrix of llama.cpp, which holds no weights: `compress --imatrix` takes it",
      );
    case "zip":
      return malformed("unknown-format", file, "a zip archive, but not of NumPy arrays");
  }
}

/** Quoted for a POSIX shell where it needs to be. */
function shellWord(text: string): string {
  return /^[\w.,/@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
