import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, vi } from "vitest";
import { compress } from "../../src/compress/compress.js";
import type { CompressOptions } from "../../src/compress/contract.js";
import { restore } from "../../src/compress/restore.js";
import type { SweepReport } from "../../src/compress/sweep.js";
import { run } from "../cli/run.js";
import { data, describeNeeding } from "../support/data.js";
import { taken } from "./files.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const evaluate = path.join(root, "examples/evaluate/evaluate.mjs");

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-function-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loss by what was asked for, of a whole sweep of the command. */
async function sweep(source: string, every: number, options: string[]): Promise<Record<string, number | null>> {
  const command = `${process.execPath} ${evaluate} {} --every ${every} --print loss`;
  const ran = await run(["compress", source, ...options, "--evaluate", command, "--format", "json", "--quiet"]);
  expect([ran.stderr, ran.status]).toEqual(["", 0]);
  const { rows } = JSON.parse(ran.stdout) as SweepReport;
  return Object.fromEntries(rows.map(({ asked, value }) => [asked, value]));
}

/** Loss by budget after the library's compress and restore, on a sample of the held-out text. */
async function losses(
  source: string,
  every: number,
  budgets: Record<string, number>,
  options: CompressOptions,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const file = path.join(folder, "restored.safetensors");
  for (const [asked, budget] of Object.entries(budgets)) {
    const packed = await taken(compress(source, { ...options, keep: { budget } }));
    const whole = await taken(restore(packed.files[0].bytes));
    writeFileSync(file, whole.files[0].bytes);
    const given = [evaluate, file, "--every", String(every), "--print", "loss"];
    found[asked] = Number(execFileSync(process.execPath, given, { encoding: "utf8" }).trim().split(/\s+/).pop());
  }
  return found;
}

/** Figures of a numpy prototype; to 0.002, or 0.02 where the loss is far from the trained one's. */
function near(found: Record<string, number | null>, wanted: Record<string, number>, scale = 1): void {
  for (const [asked, loss] of Object.entries(wanted)) {
    const tolerance = (loss > (scale === 1 ? 1.7 : 5.6) ? (scale === 1 ? 0.02 : 0.05) : 0.002 * scale) + 5e-5;
    expect(Math.abs(found[asked]! - loss), `${asked}: ${found[asked]} for ${loss}`).toBeLessThanOrEqual(tolerance);
  }
}

/** Each row restores a checkpoint and runs a model on it. */
vi.setConfig({ testTimeout: 600_000 });

describe("what the bundled model still does, nats a byte", () => {
  const bundled = path.join(root, "examples/selftrained-llama-en.bf16.safetensors");

  it("singular vectors, and rounding beside them", async () => {
    const found = await sweep(bundled, 16, ["--sweep", "1/4,1/2", "--baseline"]);
    near(found, { "": 1.5246, "1/4": 1.719, "1/2": 1.528, "4 bits": 1.526, "2 bits": 1.554 });
  });

  it("factors in 8 bits", async () => {
    const found = await losses(bundled, 16, { "1/8": 0.125, "1/4": 0.25 }, { factors: "q8" });
    near(found, { "1/8": 1.82, "1/4": 1.529 });
  });

  it("Gaussians", async () => {
    const found = await losses(bundled, 16, { "1/32": 1 / 32, "3/4": 0.75 }, { method: "gaussian" });
    near(found, { "1/32": 5.66, "3/4": 1.924 });
  });
});

describeNeeding(["collection"], "what replica-10m still does, nats a word", () => {
  const replica = data("models/replica-10m/model.bf16.safetensors");

  it("singular vectors, and rounding beside them", async () => {
    const found = await sweep(replica, 6, ["--sweep", "1/4,1/2", "--baseline"]);
    near(found, { "": 5.1157, "1/4": 5.167, "1/2": 5.127, "4 bits": 5.117, "2 bits": 5.145 }, 2.5);
  });

  it("factors in 8 bits", async () => {
    const found = await losses(replica, 6, { "1/8": 0.125, "1/4": 0.25 }, { factors: "q8" });
    near(found, { "1/8": 5.172, "1/4": 5.129 }, 2.5);
  });

  it("Gaussians", async () => {
    const found = await losses(replica, 6, { "1/32": 1 / 32, "3/4": 0.75 }, { method: "gaussian" });
    near(found, { "1/32": 9.83, "3/4": 5.536 }, 2.5);
  });
});
