import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { CheckpointError } from "../../src/base/errors.js";
import { rowShape } from "../../src/checkpoint/checkpoint.js";
import { JsonError, JsonReader } from "../../src/checkpoint/formats/json.js";
import { openRaw } from "../../src/checkpoint/open.js";
import { readImportance } from "../../src/compress/imatrix.js";
import { openJournal } from "../../src/distribute/journal.js";
import { parseResult } from "../../src/distribute/result.js";
import { parseWork } from "../../src/distribute/work.js";
import { reportOf } from "../../src/web/saved-report.js";
import { gguf, npy, safetensors } from "./files.js";
import { array, type Bytes, floats } from "./fuzz-bytes.js";
import { zip } from "./zip-file.js";

/** Something that reads bytes from anywhere. */
export interface Reader {
  name: string;
  /** Valid inputs to begin with. */
  seeds: Bytes[];
  /** Reads, or throws one of `refusals`. */
  read(bytes: Bytes): Promise<unknown>;
  refusals: readonly (new (...args: never[]) => Error)[];
}

const text = (value: unknown): Bytes =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const decoded = (bytes: Bytes): string => new TextDecoder().decode(bytes);

const checkpoint = (name: string, seeds: Bytes[]): Reader => ({
  name,
  seeds,
  refusals: [CheckpointError],
  async read(bytes) {
    const opened = await openRaw(new File([bytes], `fuzz.${name}`));
    for (const tensor of opened.tensors.slice(0, 2))
      if (opened.undecodable(tensor) === null && rowShape(tensor).rows > 0) await opened.readRows(tensor, 0, 1);
    await opened.close();
  },
});

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-readers-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const KEY = "0123456789abcdef".repeat(2);
const matrix = { name: "a", gaussian: [], norms: {} };
const report = {
  ...{ schemaVersion: 2, tool: {}, options: {}, layers: [], matrices: [matrix] },
  ...{ source: { name: "m", notes: [] }, summary: { compression: [] } },
};
const work = {
  ...{ schemaVersion: 1, version: "0.1.0", instructions: "simd128", address: "https://h/m.safetensors" },
  options: { gaussians: ["auto", 8], participation: { method: "auto", tolerance: 0.01 }, seed: 3, transpose: "auto" },
  tasks: [{ key: KEY, index: 0 }],
};
const journal = [
  { weightscope: "journal", schemaVersion: 1 },
  { description: { seed: 1 } },
  { key: KEY, figures: { norm: 1 } },
]
  .map((line) => JSON.stringify(line))
  .join("\n");

/** Every reader of headers, and of what this project itself writes. */
export const readers: Reader[] = [
  checkpoint("safetensors", [
    safetensors([{ name: "a", dtype: "F32", shape: [2, 4], bytes: floats }], { format: "pt" }),
    safetensors([{ name: "b", dtype: "F6_E2M3", shape: [2, 4], bytes: new Uint8Array(6) }]),
  ]),
  checkpoint("gguf", [
    gguf(
      [
        ["general.alignment", 4, 32],
        ["name", 8, "model"],
      ],
      [{ name: "q", type: 8, dimensions: [32, 2], bytes: new Uint8Array(68) }],
    ),
  ]),
  checkpoint("npy", [array, npy("{'descr': '>f8', 'fortran_order': False, 'shape': (4,), }", new Uint8Array(32))]),
  checkpoint("npz", [
    zip([
      { name: "a.npy", bytes: array },
      { name: "b.npy", bytes: deflateRawSync(array), method: 8, size: array.length },
    ]),
    zip([{ name: "archive/data.pkl", bytes: new Uint8Array([0x80, 2, 0x7d, 0x71, 0, 0x2e]) }], { zip64: true }),
  ]),
  {
    name: "json",
    seeds: [text({ a: [1, -2.5e3, "\u00e9\n", null, true], b: { c: {} } }), text('{"\\ud83e\\udde0":[[],[[]]]}')],
    refusals: [JsonError],
    read: async (bytes) => new JsonReader(decoded(bytes)).value(),
  },
  {
    name: "importance matrix",
    seeds: [
      Uint8Array.from([1, 0, 0, 0, 1, 0, 0, 0, 97, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 128, 63]),
      gguf(
        [],
        [
          { name: "w.in_sum2", type: 0, dimensions: [4, 1], bytes: floats.slice(0, 4) },
          { name: "w.counts", type: 0, dimensions: [1, 1], bytes: floats.slice(0, 1) },
        ],
      ),
    ],
    refusals: [CheckpointError],
    read: (bytes) => readImportance(bytes, "imatrix"),
  },
  {
    name: "journal",
    seeds: [text(journal), text(`${journal}\n`)],
    refusals: [CheckpointError],
    async read(bytes) {
      const file = path.join(folder, "journal");
      writeFileSync(file, bytes);
      const opened = await openJournal(file, { write: false });
      for (const key of opened.keys()) await opened.get(key);
      await opened.close();
    },
  },
  {
    name: "job",
    seeds: [text(work)],
    refusals: [CheckpointError],
    read: async (bytes) => parseWork(decoded(bytes)),
  },
  {
    name: "result",
    seeds: [text({ schemaVersion: 1, figures: [], failed: [{ key: KEY, reason: "memory" }] })],
    refusals: [CheckpointError],
    read: async (bytes) => parseResult(decoded(bytes), [{ key: KEY, rows: 2, columns: 4 }]),
  },
  {
    name: "saved report",
    seeds: [text(report)],
    refusals: [TypeError, SyntaxError],
    read: async (bytes) => reportOf(JSON.parse(decoded(bytes)), "report"),
  },
];
