import type { RestoredTensor } from "../checkpoint/compressed/stands-for.js";

const DESCRIPTIONS: Record<string, string> = { F16: "<f2", F32: "<f4", F64: "<f8" };
const ALIGNMENT = 64;

/**
 * The header of an array as it was, or, where it stood column by column or big-endian, one that says how it stands now:
 * by rows, little-endian (numpy.lib.format, version 1).
 */
export function npyHeader(original: Uint8Array, { info }: RestoredTensor): { header: Uint8Array; note: string[] } {
  const text = new TextDecoder("latin1").decode(original);
  const turned = /'fortran_order':\s*True/.test(text) && info.shape.length > 1;
  const swapped = /'descr':\s*'>/.test(text);
  if (!turned && !swapped) return { header: original, note: [] };
  const descr = DESCRIPTIONS[info.dtype] ?? /'descr':\s*'[<>|=]?([^']*)'/.exec(text)?.[1] ?? "";
  const shape = info.shape.length === 1 ? `${info.shape[0]},` : info.shape.join(", ");
  const written = /^[<|]/.test(descr) ? descr : `<${descr}`;
  let header = `{'descr': '${written}', 'fortran_order': False, 'shape': (${shape}), }`;
  header = header.padEnd(Math.ceil((header.length + 11) / ALIGNMENT) * ALIGNMENT - 11) + "\n";
  const bytes = new Uint8Array(10 + header.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  return {
    header: bytes,
    note: ["arrays that stood by columns or big-endian stand by rows, little-endian, under new headers"],
  };
}
