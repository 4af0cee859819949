import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { analyze, mergeReport, openCheckpoint, openJournal, planAnalysis } from "../../src/index-node.js";
import { safetensors } from "../checkpoint/files.js";
import { cli, f32 } from "./run.js";

const MATRICES = 12_000;
const SHAPE = [3, 4];
/**
 * What it held at most, by Linux: what getrusage says begins with what the process held that started it, which is more.
 */
const SAID = `import { readFileSync } from "node:fs";
  process.on("exit", () => console.log(readFileSync("/proc/self/status", "latin1")))`;
/** Of the process, of each matrix: 149 MB in all, where 130 were measured, and 169 with nothing packed. */
const MEGABYTES = 120;
const EACH_KILOBYTES = 2.4;

let folder: string;
let file: string;
let journal: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "weightscope-many-"));
  file = path.join(folder, "many.safetensors");
  journal = path.join(folder, "many.jsonl");
  const values = (i: number): Float32Array =>
    Float32Array.from({ length: 12 }, (_, k) => ((i * 31 + k * k * 7) % 97) - 40);
  const names = Array.from({ length: MATRICES }, (_, i) => `layers.${i % 61}.mlp.experts.${i}.up_proj.weight`);
  await writeFile(file, safetensors(names.map((name, i) => f32(name, SHAPE, values(i)))));
  const { tasks } = await planAnalysis(file);
  const { matrices } = await analyze(file, { include: /experts\.[01]\./ });
  const { norms, participation, noiseParticipationRatio, spectrum, gaussian } = matrices[0];
  const lines = tasks.map(({ key }, i) =>
    JSON.stringify({
      key,
      figures: { norms: { ...norms, norm: i + 0.1 }, participation, noiseParticipationRatio, spectrum, gaussian },
    }),
  );
  await writeFile(journal, `{"weightscope":"journal","schemaVersion":1}\n${lines.join("\n")}\n`);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

it("are merged in memory that grows by little a matrix, to the same bytes as packed nowhere", async () => {
  const target = path.join(folder, "report.json");
  const given = ["--import", `data:text/javascript,${SAID}`, cli, "merge", file, journal, "--format", "json"];
  const output = execFileSync(process.execPath, [...given, "--output", target], { encoding: "utf8" });
  const megabytes = (Number(/VmHWM:\s*(\d+)/.exec(output)?.[1]) * 1024) / 1e6;
  expect(megabytes).toBeGreaterThan(0);
  expect(megabytes).toBeLessThan(MEGABYTES + (EACH_KILOBYTES * MATRICES) / 1000);
  const opened = await openJournal(journal, { write: false });
  const checkpoint = await openCheckpoint(file);
  try {
    const plain = await mergeReport(checkpoint, { journal: opened });
    const packed = await mergeReport(checkpoint, { journal: opened, packed: true });
    const text = JSON.stringify(plain);
    expect(JSON.stringify(packed)).toBe(text);
    expect(JSON.stringify(JSON.parse(await readFile(target, "utf8")))).toBe(text);
    expect(packed.matrices[77].norms).toEqual(plain.matrices[77].norms);
  } finally {
    await checkpoint.close();
    await opened.close();
  }
}, 60_000);
