import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress, compressionPlan } from "../../src/compress/compress.js";
import type { CompressOptions } from "../../src/compress/contract.js";
import { restore } from "../../src/compress/restore.js";
import type { CheckpointInput } from "../../src/types.js";
import { gguf, npy, safetensors } from "../checkpoint/files.js";
import { zip } from "../checkpoint/zip-file.js";
import { data } from "../support/data.js";
import { headerOf, taken } from "./files.js";

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All weights of a checkpoint by name, with types. */
async function weightsOf(input: CheckpointInput): Promise<Map<string, { dtype: string; values: Float32Array }>> {
  const checkpoint = await openCheckpoint(input);
  const weights = new Map<string, { dtype: string; values: Float32Array }>();
  for (const tensor of checkpoint.tensors) {
    const values = await checkpoint.readRows(tensor, 0, tensor.shape.length < 2 ? 1 : tensor.shape[0]);
    weights.set(tensor.name, { dtype: tensor.dtype, values });
  }
  await checkpoint.close();
  return weights;
}

/** Writes what was made to a directory of its own, and gives where a checkpoint is found in it. */
function placed(files: { name: string; bytes: Buffer }[], label: string): string {
  const place = mkdtempSync(path.join(folder, `${label}-`));
  for (const { name, bytes } of files) writeFileSync(path.join(place, name), bytes);
  return files.length === 1 ? path.join(place, files[0].name) : place;
}

/** There and back: names in order, shapes, what was left alone to the bit, what was replaced by its energy. */
async function roundTrip(input: CheckpointInput, options: CompressOptions): Promise<{ notes: string[]; back: string }> {
  const report = await compressionPlan(input, options);
  const packed = await taken(compress(input, options));
  expect(packed.report).toEqual(report);
  expect(packed.files.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(report.summary.bytes);
  const small = placed(packed.files, "small");
  const { files, report: restored } = await taken(restore(small));
  const back = placed(files, "back");
  const before = await weightsOf(input);
  const after = await weightsOf(back);
  const through = await weightsOf(small);
  expect([...after.keys()]).toEqual([...before.keys()]);
  for (const [name, { dtype, values }] of through) {
    expect(dtype).toBe(after.get(name)!.dtype);
    expect(same(values, after.get(name)!.values), name).toBe(true);
  }
  expect(report.tensors.length).toBeGreaterThan(0);
  const energies = new Map(report.tensors.map(({ name, energy }) => [name, energy]));
  for (const [name, { values }] of before) {
    const found = after.get(name)!.values;
    const energy = energies.get(name);
    if (energy !== undefined) expect(energyOf(values, found), name).toBeCloseTo(energy, 3);
    else if (![...energies.keys()].some((slice) => slice.startsWith(`${name}[`)))
      expect(same(found, values), name).toBe(true);
  }
  return { notes: restored.notes, back };
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const same = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

function energyOf(was: Float32Array, is: Float32Array): number {
  let lost = 0;
  let whole = 0;
  was.forEach((x, i) => {
    lost += (x - is[i]) ** 2;
    whole += x * x;
  });
  return 1 - lost / whole;
}

/** A matrix of a few directions and a little noise. */
function matrix(rows: number, columns: number, seed = 1): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const i = Math.floor(at / columns);
    const j = at % columns;
    return (
      Math.sin(seed + i * 0.7) * Math.cos(j * 0.3) + 0.3 * Math.sin(i * j * 0.11 + seed) + ((at * 7919) % 13) / 130
    );
  });
}

const member = (name: string, bytes: Uint8Array, method: number) =>
  method === 0 ? { name, bytes } : { name, bytes: new Uint8Array(deflateRawSync(bytes)), method, size: bytes.length };

describe("every format, there and back", () => {
  it("GGUF of quantised types: replaced tensors come back as F16, the others as they were", async () => {
    for (const file of ["model.Q4_K_M.gguf", "model.Q2_K.gguf"]) {
      const source = data(`models/selftrained-llama-en/${file}`);
      const { notes, back } = await roundTrip(source, { keep: { rank: 20 }, factors: "q8" });
      expect(notes.join()).toMatch(/ as F16, under a new header/);
      const [was, is] = [await openCheckpoint(source), await openCheckpoint(back)];
      expect(is.metadata).toEqual(was.metadata);
      expect(is.format).toBe("gguf");
      await Promise.all([was.close(), is.close()]);
    }
  });

  it("GGUF of plain types: the file byte for byte where nothing was replaced, the header where all was", async () => {
    const bytes = gguf(
      [["general.architecture", 8, "llama"]],
      [
        { name: "blk.0.attn_q.weight", type: 0, dimensions: [40, 36], bytes: matrix(36, 40) },
        { name: "blk.0.attn_norm.weight", type: 0, dimensions: [36], bytes: matrix(1, 36) },
        { name: "token_embd.weight", type: 0, dimensions: [33, 20], bytes: matrix(20, 33, 3) },
      ],
    );
    const { back, notes } = await roundTrip(Buffer.from(bytes), { keep: { rank: 2 } });
    expect(notes).toEqual([]);
    const found = readFileSync(back);
    const start = (await openCheckpoint(Buffer.from(bytes))).tensors[0].byteOffset;
    expect(found.subarray(0, start).equals(Buffer.from(bytes).subarray(0, start))).toBe(true);
    expect(found.length).toBe(bytes.length);
  });

  it("shards with their index, which comes back as it was", async () => {
    const place = mkdtempSync(path.join(folder, "shards-"));
    const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const map: Record<string, string> = {};
    names.forEach((file, i) => {
      const tensors = [
        { name: `model.layers.${i}.mlp.up_proj.weight`, dtype: "F32", shape: [24, 40], bytes: matrix(24, 40, i) },
        { name: `model.layers.${i}.norm.weight`, dtype: "F32", shape: [40], bytes: matrix(1, 40) },
      ];
      for (const { name } of tensors) map[name] = file;
      writeFileSync(path.join(place, file), safetensors(tensors, { format: "pt" }));
    });
    const index = `${JSON.stringify({ metadata: { total_size: 8000 }, weight_map: map }, null, 2)}\n`;
    writeFileSync(path.join(place, "model.safetensors.index.json"), index);
    const { back } = await roundTrip(place, { keep: { rank: 3 } });
    expect(readFileSync(path.join(back, "model.safetensors.index.json"), "utf8")).toBe(index);
    for (const file of names) {
      const header = (from: string): Buffer => headerOf(readFileSync(path.join(from, file)));
      expect(header(back).equals(header(place))).toBe(true);
    }
  });

  it("FP8, F16 and F64 of safetensors, stacks of experts among them", async () => {
    const bytes = Uint8Array.from({ length: 48 * 40 }, (_, i) => ((i * 37) % 120) + (i % 3 === 0 ? 128 : 0));
    const file = safetensors([
      { name: "layers.0.mlp.experts.w1.weight", dtype: "F32", shape: [3, 36, 40], bytes: matrix(108, 40) },
      { name: "layers.0.self_attn.q_proj.weight", dtype: "F8_E4M3", shape: [48, 40], bytes },
      {
        name: "layers.0.self_attn.k_proj.weight",
        dtype: "F64",
        shape: [20, 30],
        bytes: Float64Array.from(matrix(20, 30)),
      },
      { name: "layers.0.position_ids", dtype: "I64", shape: [4], bytes: new BigInt64Array(4) },
    ]);
    const { notes, back } = await roundTrip(Buffer.from(file), { keep: { rank: 4 }, factors: "f32" });
    expect(notes).toEqual(["1 tensor of F8_E4M3 as BF16, under a new header"]);
    const restored = await openCheckpoint(back);
    const types = restored.tensors.map(({ dtype }) => dtype).sort();
    await restored.close();
    expect(types).toEqual(["BF16", "F32", "F64", "I64"]);
  });

  it("NumPy's arrays and archives, stored or deflated", async () => {
    const array = (rows: number, columns: number, fortran = "False"): Uint8Array<ArrayBuffer> =>
      npy(
        `{'descr': '<f4', 'fortran_order': ${fortran}, 'shape': (${rows}, ${columns}), }`,
        new Uint8Array(matrix(rows, columns).buffer as ArrayBuffer),
      );
    const one = array(30, 24);
    const { back } = await roundTrip(Buffer.from(one), { keep: { rank: 3 }, include: /./ });
    const start = one.length - 30 * 24 * 4;
    expect(readFileSync(back).subarray(0, start).equals(Buffer.from(one).subarray(0, start))).toBe(true);
    const turned = await roundTrip(Buffer.from(array(30, 24, "True")), { keep: { rank: 3 }, include: /./ });
    expect(turned.notes.join()).toMatch(/under new headers/);
    for (const method of [0, 8]) {
      const archive = zip([member("layers.0.up.npy", one, method), member("bias.npy", array(2, 3), method)]);
      await roundTrip(Buffer.from(archive), { keep: { rank: 3 } });
    }
  });

  it("extremes: zeros, a single direction, weights of 1e-30 and 1e30; what is not finite stays", async () => {
    const scaled = (by: number): Float32Array => matrix(20, 24).map((x) => x * by);
    const broken = matrix(20, 24);
    broken[5] = Number.NaN;
    const file = safetensors(
      [
        ["zero", new Float32Array(480)],
        ["tiny", scaled(1e-30)],
        ["huge", scaled(1e30)],
        ["one", Float32Array.from({ length: 480 }, (_, at) => ((at % 24) + 1) * (Math.floor(at / 24) - 7))],
        ["broken", broken],
      ].map(([name, bytes]) => ({
        name: `layers.0.${name}`,
        dtype: "F32",
        shape: [20, 24],
        bytes: bytes as Float32Array,
      })),
    );
    const { files, report } = await taken(compress(Buffer.from(file), { keep: { rank: 5 } }));
    expect(report.notes).toEqual(['"layers.0.broken" is left as it is: a weight is not finite']);
    const before = await weightsOf(Buffer.from(file));
    const after = await weightsOf((await taken(restore(files[0].bytes))).files[0].bytes);
    expect(after.get("layers.0.zero")).toEqual(before.get("layers.0.zero"));
    expect(after.get("layers.0.broken")).toEqual(before.get("layers.0.broken"));
    for (const name of ["tiny", "huge", "one"]) {
      const [was, is] = [before, after].map((all) => Float64Array.from(all.get(`layers.0.${name}`)!.values));
      const size = Math.max(...was.map(Math.abs));
      const kept = energyOf(
        Float32Array.from(was, (x) => x / size),
        Float32Array.from(is, (x) => x / size),
      );
      expect(kept).toBeCloseTo(report.tensors.find((one) => one.name === `layers.0.${name}`)!.energy, 5);
    }
    expect(report.tensors.find(({ name }) => name === "layers.0.one")!.energy).toBeCloseTo(1, 6);
  });
});
