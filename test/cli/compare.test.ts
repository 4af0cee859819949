import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { models } from "../compare/models.js";
import { f32, folder, noise, run } from "./run.js";

const place = folder();
function small(name: string, by: number): string {
  const file = path.join(place, name);
  writeFileSync(
    file,
    safetensors([
      f32(
        "model.layers.0.mlp.up_proj.weight",
        [64, 32],
        noise(2048, 3).map((x, i) => (i % 32 === 0 ? x + by : x)),
      ),
    ]),
  );
  return file;
}
const base = small("base.safetensors", 0);
const tuned = small("tuned.safetensors", 1);

describe("weightscope compare", () => {
  it("says first what a merged LoRA changed", async () => {
    const { status, stdout, stderr } = await run(["compare", models.base, models.lora], { env: { COLUMNS: "100" } });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^A change of rank 8 in 28 of 30 matrices; 0\.354 of their norm; nothing outside them\.\n/);
  });

  it("prints in json what the library gives, whatever the threads", async () => {
    const expected = `${JSON.stringify(await compare(base, tuned), null, 2)}\n`;
    for (const threads of ["1", "2"])
      expect((await run(["compare", base, tuned, "--format", "json", "--threads", threads])).stdout).toBe(expected);
  });

  it("says that nothing changed of a file with itself, with status 0", async () => {
    expect(await run(["compare", base, base])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Nothing changed: 1 matrix is the same on both sides\.\n/),
    });
  });

  it.each(["csv", "markdown", "html"])("prints %s", async (format) => {
    const { status, stdout } = await run(["compare", base, tuned, "--format", format]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      format === "html" ? "<!doctype html>" : format === "csv" ? "rankAboveRounding" : "| matrix |",
    );
  });

  it("refuses files without a matrix in common, and wrong command lines", async () => {
    const other = path.join(place, "other.safetensors");
    writeFileSync(other, safetensors([f32("x.weight", [4, 4], noise(16, 1))]));
    expect(await run(["compare", base, other])).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/^weightscope: .*no matrix of one name.*\n$/),
    });
    expect(await run(["compare", base])).toMatchObject({ status: 2 });
    expect(await run(["compare", base, tuned, tuned])).toMatchObject({ status: 2 });
    expect(await run(["compare", "-", "-"])).toMatchObject({
      status: 2,
      stderr: "weightscope: standard input can be read only once\n",
    });
    expect(await run(["compare", base, path.join(place, "missing")])).toMatchObject({ status: 1 });
  });

  it("writes an adapter whole or not at all, and says what it holds", async () => {
    const place2 = path.join(place, "adapter");
    const { status, stdout } = await run(["compare", base, tuned, "--adapter", place2, "--rank", "2"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nThe adapter of rank 2 holds 100 % of the change of its 1 matrix in 192 numbers/);
    expect(readdirSync(place2).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
    const again = await run(["compare", base, tuned, "--adapter", place2]);
    expect(again).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/adapter: cannot be written: it is not empty\n$/),
    });
    const nothing = path.join(place, "nothing");
    expect(await run(["compare", base, base, "--adapter", nothing])).toMatchObject({ status: 1, stdout: "" });
    expect(readdirSync(place).filter((name) => /nothing|weightscope/.test(name))).toEqual([]);
    expect(await run(["compare", base, tuned, "--rank", "2"])).toMatchObject({ status: 2 });
    expect(await run(["compare", base, tuned, "--adapter", nothing, "--rank", "2", "--energy", "0.5"])).toMatchObject({
      status: 2,
    });
  });
});
