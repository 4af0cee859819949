import { against, inTurns, milliseconds, noise, number, ratioOf, table, timed } from "../harness.mjs";
import { instantiate } from "../kernels.mjs";
import { instantiatePeak } from "../peak.mjs";

export const title = "Decoding and norms";

const COLUMNS = 4096;
const ROWS = 4096;
const BLOCK = 64;
/** @type {Record<string, [code: number, size: number, array: typeof Uint16Array | typeof Uint32Array]>} */
const types = { BF16: [3, 2, Uint16Array], F16: [2, 2, Uint16Array], F32: [0, 4, Uint32Array] };

/** Patterns of numbers near 1e-2 in each type. */
function stored(type, count) {
  const values = noise(count, 0.02);
  const words = new Uint32Array(values.buffer);
  if (type === "F32") return words;
  if (type === "BF16") return Uint16Array.from(words, (word) => word >>> 16);
  return Uint16Array.from(
    words,
    (word) => ((word >>> 16) & 0x8000) | (Math.max(0, ((word >>> 23) & 255) - 112) << 10) | ((word >>> 13) & 0x3ff),
  );
}

/** The experiment of bench/peak.ts over the same values, and what it found. */
async function twoSums(data) {
  const exports = await instantiatePeak();
  const source = 65536;
  const out = 1024;
  exports.memory.grow(Math.ceil(data.byteLength / 65536) + 1);
  new Uint16Array(exports.memory.buffer, source, data.length).set(data);
  return {
    run: () => exports.sumsOfBf16(source, data.length, out),
    squares: () => new Float64Array(exports.memory.buffer, out, 2)[1],
  };
}

/**
 * Vector operations for four bf16 weights, loads and stores not counted. Decoding is one; the moments about 0 are three
 * products (x², x³, x⁴), four sums, and two comparisons of bit patterns that find minimum, maximum and whatever is not
 * finite.
 */
const OPERATIONS = { "decode and moments": 1 + 3 + 4 + 2, "two sums (experiment)": 1 + 1 + 2 };

export async function measure({ python, peak }) {
  const rows = [];
  const notes = [];
  for (const [type, [code, size]] of Object.entries(types)) {
    const machine = await instantiate();
    const data = stored(type, ROWS * COLUMNS);
    const source = machine.copy(data);
    const other = machine.allocate(data.byteLength);
    const block = machine.allocate(BLOCK * COLUMNS * 4);
    const moments = machine.zeros(80);
    const rowSums = machine.allocate(BLOCK * 24);
    const bytes = new Uint8Array(machine.exports.memory.buffer);
    const two = type === "BF16" ? await twoSums(data) : null;
    await python.put("X", data, [ROWS, COLUMNS]);
    const values = {
      BF16: '(X.astype("<u4") << 16).view("<f4")',
      F16: 'X.view("<f2").astype("f4")',
      F32: 'X.view("<f4")',
    }[type];
    const each = (work) => () =>
      timed(() => {
        for (let row = 0; row < ROWS; row += BLOCK) work(source + row * COLUMNS * size);
      });
    const peers = {
      "memory.copy": () => timed(() => bytes.copyWithin(other, source, source + data.byteLength)),
      "numpy norm": () => python.time(`np.linalg.norm(${values})`),
    };
    const ours = {
      decode: each((from) => machine.exports.decodeRows(code, from, COLUMNS * size, BLOCK, COLUMNS, block, COLUMNS, 1)),
      "decode and moments": each((from) => {
        machine.exports.decodeRows(code, from, COLUMNS * size, BLOCK, COLUMNS, block, COLUMNS, 1);
        machine.exports.addMoments(moments, block, BLOCK, COLUMNS, COLUMNS, rowSums);
      }),
      ...(two && { "two sums (experiment)": () => timed(two.run) }),
    };
    const results = await inTurns({ ...ours, ...peers }, 11);
    const copied = results["memory.copy"];
    for (const name of Object.keys(ours)) {
      for (const peer of Object.keys(peers)) {
        const ratio = ratioOf(results[name], results[peer]);
        const wanted = type === "BF16" && name === "decode and moments" && peer === "memory.copy" ? 0.95 : undefined;
        rows.push([
          type,
          name,
          milliseconds(results[name]),
          number(data.byteLength / results[name].seconds / 1e9),
          peer,
          milliseconds(results[peer]),
          number(ratio),
          against(ratio, wanted),
        ]);
      }
    }
    if (!two) continue;
    const totals = machine.float64(moments, 10);
    const expected = (totals[4] * data.length) / totals[0];
    if (!(Math.abs(two.squares() / expected - 1) < 1e-6)) throw new Error("the two sums and the moments differ");
    // The peak is of two products and two sums of four lanes at a time.
    const most = peak.flops / 4;
    const vectors = data.length / 4;
    for (const name of ["decode and moments", "two sums (experiment)"]) {
      const rate = (vectors * OPERATIONS[name]) / results[name].seconds;
      const limit = (vectors * OPERATIONS[name]) / most;
      notes.push(
        `${name}: ${OPERATIONS[name]} vector operations for four weights, ${number((100 * rate) / most)} % of the ` +
          `peak; at the peak they would go at ${number(copied.seconds / limit)} × memory.copy.`,
      );
    }
  }
  return `${table(["stored as", "ours", "ms (quartiles)", "GB/s read", "peer", "peer, ms", "ratio", "target"], rows)}

"two sums" is an experiment (bench/peak.ts) that nothing calls: it decodes BF16 to Σx and Σx² alone and stores \
nothing, which is what the target was
set with. \`analyze\` takes row sums, Σx to Σx⁴, minimum, maximum and whether a weight is finite in the same pass, \
and keeps the decoded rows for
the fits. Against the peak of 128-bit operations on registers (${number(peak.flops / 4e9)} thousand million a second; \
BF16, loads and stores not counted):

- ${notes.join("\n- ")}`;
}
