import { CheckpointError } from "../../src/base/errors.js";
import { Random as RandomNumbers } from "../../src/base/random.js";
import { memorySource } from "../../src/bytes/source.js";
import { rowShape } from "../../src/checkpoint/checkpoint.js";
import { openDirectory } from "../../src/checkpoint/open.js";
import type { Location } from "../../src/host/contract.js";
import { gguf, safetensors } from "./files.js";
import { type Bytes, edges, floats, mutated, pick, type Random, several } from "./fuzz-bytes.js";

const INDEX = "model.safetensors.index.json";
const shardName = (i: number, count = 3): string =>
  `model-${String(i + 1).padStart(5, "0")}-of-${String(count).padStart(5, "0")}.safetensors`;
const tensorNames = ["a", "b", "c", "a", "__proto__", "x/y", "\u202e"];
/** What an index may lead to: shards, nothing, and places that it has no business in. */
const targets = [
  ...[shardName(0), shardName(1), shardName(2), shardName(8), INDEX, "other.gguf"],
  ...["../secret.safetensors", "/etc/passwd", "a/../../b", "..\\b", "", ".", "http://h/x", "\u0000", "x".repeat(300)],
];

const shard = (random: Random, i: number): Bytes => {
  const tensors = several(random, 3, (j) => ({
    name: random(4) === 0 ? pick(random, tensorNames) : tensorNames[(i + j) % 3],
    dtype: "F32",
    shape: [2, 4],
    bytes: floats,
  })).filter(({ name }, at, all) => all.findIndex((one) => one.name === name) === at || random(20) === 0);
  const bytes = safetensors(tensors);
  return random(5) === 0 ? mutated(bytes, random) : bytes;
};

function index(random: Random): Bytes {
  const value = () => pick(random, ["1", "null", "[]", "{}", '"x"', String(pick(random, edges)), "[".repeat(200)]);
  const entries = several(random, 5, () => {
    const target = random(3) === 0 ? pick(random, targets) : shardName(random(3));
    return `${JSON.stringify(pick(random, tensorNames))}:${random(9) === 0 ? value() : JSON.stringify(target)}`;
  });
  const map = random(12) === 0 ? value() : `{${entries.join(",")}}`;
  const size = random(3) === 0 ? value() : "96";
  const text = `{"metadata":{"total_size":${size}},"weight_map":${map}${random(12) === 0 ? ',"weight_map":{}' : ""}}`;
  const bytes = new TextEncoder().encode(text);
  return random(8) === 0 ? mutated(bytes, random) : bytes;
}

const part = (random: Random, i: number): Bytes => {
  const honest = random(4) > 0;
  const bytes = gguf(
    [
      ["split.no", 2, honest ? i : random(5)],
      ["split.count", honest ? 2 : pick(random, [2, 4, 10]), honest ? 3 : pick(random, [0, 1, 2, 3, 200])],
      ["split.tensors.count", 5, honest ? 3 : pick(random, [0, 1, 2 ** 31 - 1])],
    ],
    [{ name: honest ? `t${i}` : "t0", type: 0, dimensions: [4, 2], bytes: floats }],
  );
  return random(6) === 0 ? mutated(bytes, random) : bytes;
};

/** Files that lie together, of which some do not fit: directory `seed` of an endless list. */
function directory(random: Random): Map<string, Bytes> {
  const files = new Map<string, Bytes>();
  if (random(4) === 0) {
    for (let i = 0; i < 3; i++)
      if (random(8) > 0) files.set(`m-0000${i + 1}-of-0000${random(20) === 0 ? 4 : 3}.gguf`, part(random, i));
    return files;
  }
  for (let i = 0; i < 3; i++) if (random(8) > 0) files.set(shardName(i, random(20) === 0 ? 4 : 3), shard(random, i));
  if (random(5) > 0) files.set(INDEX, index(random));
  if (random(8) === 0) files.set("model.safetensors", shard(random, 0));
  if (random(8) === 0) files.set("config.json", index(random));
  return files;
}

/** Whether a name may lead out of its directory; ".a" and "a/..b/c" do not. */
const isElsewhere = (name: string): boolean =>
  /[\\:\0]/.test(name) || name.split("/").some((part) => /^(?:\.|%2e){0,2}$/i.test(part));

/**
 * Opens directory `seed` and reads a row of each tensor: gives "opened" or the code of the error.
 * @throws Error for anything but a CheckpointError, and where a file is asked for that is not of the directory.
 */
export async function tryShards(seed: number): Promise<string> {
  const generator = new RandomNumbers(seed);
  const files = directory((bound) => generator.below(bound));
  const strangers: string[] = [];
  const location = (name: string): Location => ({
    name,
    async open() {
      if (isElsewhere(name)) strangers.push(name);
      const bytes = files.get(name);
      if (!bytes) throw new CheckpointError("not-found", `${JSON.stringify(name.slice(0, 80))}: no such file`);
      return memorySource(bytes, name);
    },
    sibling: location,
    list: async () => [...files.keys()],
  });
  let code = "opened";
  try {
    const checkpoint = await openDirectory({ name: "model", fileNames: [...files.keys()].sort(), file: location });
    const names = checkpoint.tensors.map(({ name }) => name);
    if (new Set(names).size !== names.length) throw new Error("a tensor is there twice");
    for (const tensor of checkpoint.tensors)
      if (checkpoint.undecodable(tensor) === null && rowShape(tensor).rows > 0) await checkpoint.readRows(tensor, 0, 1);
    await checkpoint.close();
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    code = error.code;
  }
  if (strangers.length > 0) throw new Error(`asked for ${JSON.stringify(strangers[0])}`);
  return code;
}
