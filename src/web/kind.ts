/** Names of checkpoints: what is none of them inside is refused by what it is, not taken for a text. */
const CHECKPOINT = /\.(safetensors|gguf|np[yz]|json|pt|pth|ckpt|pkl|bin)$/i;
const PROBE = 4096;

/**
 * Whether a file is a text, for the transition view. Bytes decide: every format of checkpoints has zeros or other
 * control characters among its first ones.
 */
export async function isText(file: File): Promise<boolean> {
  if (CHECKPOINT.test(file.name)) return false;
  const bytes = new Uint8Array(await file.slice(0, PROBE).arrayBuffer());
  if (/[\0-\x08\x0e-\x1a]/.test(String.fromCharCode(...bytes))) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    // Texts of older encodings: their names still tell them.
    return /\.(txt|text|md|csv)$/i.test(file.name);
  }
}

/** Whether two files are two checkpoints, and not the parts of one. */
export const areTwo = (files: readonly File[]): boolean =>
  files.length === 2 &&
  files.every(
    ({ name }) => /\.(safetensors|gguf|np[yz])$/i.test(name) && !/-\d{5}-of-\d{5}\.\w+$|\.index\.json$/i.test(name),
  );
