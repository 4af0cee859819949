import { deflateRawSync } from "node:zlib";
import { Random as RandomNumbers } from "../../src/base/random.js";
import { gguf, npy, safetensors } from "./files.js";
import { array, type Bytes, floats, mutated, type Random } from "./fuzz-bytes.js";
import { speltGguf, speltNpy, speltNpz, speltSafetensors } from "./fuzz-spelt.js";
import { zip } from "./zip-file.js";

export interface FuzzCase {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Case `seed` of an endless list: the same bytes in every run. Half are mutations of valid files, half are spelt by the
 * formats' grammars.
 */
export function fuzzCase(seed: number): FuzzCase {
  const generator = new RandomNumbers(seed);
  const random: Random = (bound) => generator.below(bound);
  const [name, valid, spelt] = kinds[random(kinds.length)];
  if (random(2) === 0) return { name, bytes: spelt(random) };
  return { name, bytes: mutated(valid[random(valid.length)], random) };
}

const valid: Record<"safetensors" | "gguf" | "npy" | "npz", Bytes[]> = {
  safetensors: [
    safetensors(
      [
        { name: "a", dtype: "F32", shape: [2, 4], bytes: floats },
        { name: "b", dtype: "F8_E4M3", shape: [3], bytes: new Uint8Array(3) },
      ],
      { format: "pt" },
    ),
    safetensors([
      { name: "f6", dtype: "F6_E2M3", shape: [2, 4], bytes: new Uint8Array(6) },
      { name: "none", dtype: "BF16", shape: [0, 7], bytes: new Uint8Array(0) },
    ]),
  ],
  gguf: [
    gguf(
      [
        ["general.alignment", 4, 32],
        ["name", 8, "model"],
        ["large", 10, 1n << 60n],
      ],
      [
        { name: "w", type: 0, dimensions: [4, 2], bytes: floats },
        { name: "q", type: 8, dimensions: [32, 2], bytes: new Uint8Array(68) },
      ],
    ),
    gguf(
      [
        ["split.no", 2, 0],
        ["split.count", 2, 1],
      ],
      [{ name: "iq", type: 19, dimensions: [256], bytes: new Uint8Array(50) }],
      2,
    ),
  ],
  npy: [
    array,
    npy("{'descr': '>f8', 'fortran_order': False, 'shape': (4,), }", new Uint8Array(floats.buffer)),
    npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", new Uint8Array(4), 3),
  ],
  npz: [
    zip([
      { name: "a.npy", bytes: array },
      { name: "b.npy", bytes: deflateRawSync(array), method: 8, size: array.length },
    ]),
    zip(
      [
        { name: "a.npy", bytes: array },
        { name: "notes.txt", bytes: array.slice(0, 5) },
      ],
      { zip64: true, comment: "x" },
    ),
  ],
};

const kinds: [name: string, valid: Bytes[], spelt: (random: Random) => Bytes][] = [
  ["fuzz.safetensors", valid.safetensors, speltSafetensors],
  ["fuzz.gguf", valid.gguf, speltGguf],
  ["fuzz.npy", valid.npy, speltNpy],
  ["fuzz.npz", valid.npz, speltNpz],
];
