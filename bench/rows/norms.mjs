import { against, inTurns, milliseconds, noise, number, ratioOf, table, timed } from "../harness.mjs";
import { instantiate } from "../kernels.mjs";

export const title = "Decoding and norms";

const COLUMNS = 4096, ROWS = 4096, BLOCK = 64;
const types = { BF16: [3, 2, Uint16Array], F16: [2, 2, Uint16Array], F32: [0, 4, Uint32Array] };

/** Patterns of numbers near 1e-2 in each type. */
function stored(type, count) {
  const values = noise(count, 0.02), words = new Uint32Array(values.buffer);
  if (type === "F32") return words;
  if (type === "BF16") return Uint16Array.from(words, (word) => word >>> 16);
  return Uint16Array.from(words, (word) => ((word >>> 16) & 0x8000) | (Math.max(0, ((word >>> 23) & 255) - 112) << 10) | ((word >>> 13) & 0x3ff));
}

export async function measure({ python }) {
  const rows = [];
  for (const [type, [code, size]] of Object.entries(types)) {
    const machine = await instantiate(), data = stored(type, ROWS * COLUMNS), source = machine.copy(data), other = machine.allocate(data.byteLength);
    const block = machine.allocate(BLOCK * COLUMNS * 4), moments = machine.zeros(80), rowSums = machine.allocate(BLOCK * 24);
    const bytes = new Uint8Array(machine.exports.memory.buffer);
    await python.put("X", data, [ROWS, COLUMNS]);
    const values = { BF16: '(X.astype("<u4") << 16).view("<f4")', F16: 'X.view("<f2").astype("f4")', F32: 'X.view("<f4")' }[type];
    const each = (work) => () => timed(() => { for (let row = 0; row < ROWS; row += BLOCK) work(source + row * COLUMNS * size); });
    const results = await inTurns({
      decode: each((from) => machine.exports.decodeRows(code, from, COLUMNS * size, BLOCK, COLUMNS, block, COLUMNS, 1)),
      "decode and moments": each((from) => {
        machine.exports.decodeRows(code, from, COLUMNS * size, BLOCK, COLUMNS, block, COLUMNS, 1);
        machine.exports.addMoments(moments, block, BLOCK, COLUMNS, COLUMNS, rowSums);
      }),
      "memory.copy": () => timed(() => bytes.copyWithin(other, source, source + data.byteLength)),
      "numpy norm": () => python.time(`np.linalg.norm(${values})`),
    }, 11);
    for (const ours of ["decode", "decode and moments"]) {
      for (const peer of ["memory.copy", "numpy norm"]) {
        const ratio = ratioOf(results[ours], results[peer]);
        rows.push([type, ours, milliseconds(results[ours]), number(data.byteLength / results[ours].seconds / 1e9), peer, milliseconds(results[peer]), number(ratio), against(ratio, type === "BF16" && ours === "decode and moments" && peer === "memory.copy" ? 0.95 : undefined)]);
      }
    }
  }
  return `${table(["stored as", "ours", "ms (quartiles)", "GB/s read", "peer", "peer, ms", "ratio", "target"], rows)}

Reading is not what limits: decoding alone outruns memory.copy where the block stays in the cache. \`analyze\` takes more than a norm from each
weight in the same pass (row sums, Σx² to Σx⁴, minimum, maximum, whether it is finite), some dozen vector operations for four weights, and keeps
the decoded rows for the fits: a loop of two sums, which the target is about, would be a kernel that nothing calls.`;
}
