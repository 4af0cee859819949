import { writeFileSync } from "node:fs";
import path from "node:path";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import type { Report } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { data, describeNeeding, inClone, inCollection } from "../support/data.js";
import { f32, folder, noise, run } from "./run.js";

const place = folder();
function file(name: string, bytes: Uint8Array): string {
  const full = path.join(place, name);
  writeFileSync(full, bytes);
  return full;
}
const model = file(
  "model.safetensors",
  safetensors([
    f32("model.embed_tokens.weight", [48, 32], noise(48 * 32, 7)),
    ...[0, 1].flatMap((layer) => [
      f32(`model.layers.${layer}.self_attn.q_proj.weight`, [32, 32], noise(1024, 11 + layer)),
      f32(`model.layers.${layer}.mlp.up_proj.weight`, [64, 32], noise(2048, 21 + layer)),
    ]),
    f32("model.norm.weight", [32]),
  ]),
);
/** Names that a terminal, a spreadsheet or a browser would act on; Chinese; and one that is long. */
const names = [
  '=HYPERLINK("http://example.org","x")',
  "+1",
  "-1",
  "@sum",
  "\tcell",
  "a|b",
  "`code`",
  "<script>alert(1)</script>",
  "[link](http://example.org)",
  "\u001b[31mred\u001b[0m",
  "\u202egnp.exe",
  "line\nbreak",
  'quote"comma,',
  "模型.层.权重.注意力.查询投影矩阵",
  "é",
  "x".repeat(300),
];
const hostile = file("hostile.safetensors", safetensors(names.map((name, i) => f32(name, [9, 12], noise(108, i + 1)))));

/** Cells of RFC 4180, by a reader of its own. */
function csv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quotedCell, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows[rows.length - 1].push(quotedCell === undefined ? plain : quotedCell.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

describe("json", () => {
  it("is exactly the library's report", async () => {
    const { stdout } = await run([
      "analyze",
      model,
      "--format",
      "json",
      "--null",
      "--svd",
      "--energy",
      "0.8",
      "--include",
      "layers",
      "--seed",
      "3",
      "--gaussians",
      "auto,d/4,2",
    ]);
    const report = await analyze(model, {
      permutations: 20,
      svd: true,
      energy: 0.8,
      include: /layers/,
      seed: 3,
      gaussians: ["auto", "d/4", "2"],
    });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(report)));
    expect(report.matrices).toHaveLength(4);
  });

  it("keeps hostile names, harmless to a terminal", async () => {
    const { stdout } = await run(["analyze", hostile, "--format", "json"]);
    expect((JSON.parse(stdout) as Report).matrices.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe("csv", () => {
  it("has a row for each matrix and K under one header", async () => {
    const { stdout } = await run(["analyze", model, "--format", "csv", "--gaussians", "auto,8,3"]);
    const [header, ...rows] = csv(stdout);
    expect(rows).toHaveLength(15);
    for (const row of rows) expect(row).toHaveLength(header.length);
    const report = await analyze(model, { gaussians: ["auto", "8", "3"] });
    expect(rows.map((row) => row[header.indexOf("energy")]).map(Number)).toEqual(
      report.matrices.flatMap(({ gaussian }) => gaussian.map(({ energy }) => energy)),
    );
  });

  it("holds nothing that a spreadsheet would run", async () => {
    for (const command of ["analyze", "inspect"]) {
      const rows = csv((await run([command, hostile, "--format", "csv"])).stdout);
      expect(rows.length).toBeGreaterThan(names.length);
      for (const cell of rows.flat()) {
        if (/^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(cell)) continue;
        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        expect(cell).not.toMatch(/[\u0000-\u001f\u202e]/);
      }
    }
  });
});

describe("markdown", () => {
  it("keeps its columns, and no markup from names", async () => {
    for (const command of ["analyze", "inspect"]) {
      const { stdout } = await run([command, hostile, "--format", "markdown"]);
      expect(stdout).not.toMatch(/<script|\]\(http|[\u0000-\u0009\u000b-\u001f\u202e]/);
      // Lines in a row that begin with a bar are one table: all of its rows have as many cells.
      for (const table of stdout.split(/\n(?!\|)/).filter((part) => part.includes("\n|"))) {
        const cells = table
          .split("\n")
          .filter((line) => line.startsWith("|"))
          .map((line) => line.replaceAll("\\|", "").split("|").length);
        expect(new Set(cells).size).toBe(1);
      }
    }
  });
});

describe("table", () => {
  it("has no control characters, and no line wider than the terminal", async () => {
    for (const command of ["analyze", "inspect"]) {
      for (const columns of [60, 80, 200]) {
        const { stdout } = await run([command, hostile], { env: { COLUMNS: String(columns) } });
        expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
        for (const line of stdout.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });

  it("is sorted and cut as asked", async () => {
    const { stdout } = await run(["analyze", model, "--sort", "norm", "--top", "2"]);
    const report = await analyze(model);
    const order = [...report.matrices]
      .sort((a, b) => b.norms.norm - a.norms.norm)
      .map(({ name }) => name.replace(/\.weight$/, ""));
    const at = order.map((name) => stdout.indexOf(name));
    expect(at[0]).toBeGreaterThan(0);
    expect(at[1]).toBeGreaterThan(at[0]);
    expect(at.slice(2)).toEqual([-1, -1, -1]);
    expect(stdout).toMatch(/3 more/);
  });
});

const models = [
  "models/selftrained-llama-en/model.bf16.safetensors",
  "models/selftrained-llama-en/model.Q4_K_M.gguf",
  "models/replica-10m/model.bf16.safetensors",
  "models/rwkv6-1m/rwkv6-1m.f32.safetensors",
  "models/cellogpt-decoder/weights.safetensors",
  "models/kwt1/kwt1.f32.safetensors",
  "models/stories260K/sharded",
  "models/stories260K/stories260K.gguf",
];
describe("the model made here in 80 columns", () => inColumns(inClone(models)));
describeNeeding(["collection"], "other models in 80 columns", () => inColumns(inCollection(models)));

function inColumns(names: string[]): void {
  it.each(names)("%s", async (name) => {
    const { status, stdout } = await run(
      ["analyze", data(name), "--include", "0|1|emb|wte|head", "--svd", "--energy", "0.9"],
      { env: { COLUMNS: "80" } },
    );
    expect(status).toBe(0);
    for (const line of stdout.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/How many parameters are really free\?/);
  });
}
