import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { safetensors } from "../checkpoint/files.js";

/** The built command, as it is installed. */
export const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
export const example = fileURLToPath(new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url));
if (!existsSync(cli)) throw new Error("dist/cli.js is missing: run `npm run build` first");

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

const environment = (env: Record<string, string>): NodeJS.ProcessEnv => {
  const { FORCE_COLOR, NO_COLOR, COLUMNS, ...rest } = process.env;
  return { ...rest, ...env };
};

export function start(args: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [cli, ...args], { env: environment(env) });
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

export async function run(
  args: string[],
  { env = {}, input }: { env?: Record<string, string>; input?: Uint8Array } = {},
): Promise<Ran> {
  const child = start(args, env);
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  return ended(child);
}

/** A folder of the suite's own, gone at its end. */
export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "weightscope-test-"));
  afterAll(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Deterministic values without structure. */
export function noise(length: number, seed = 1): Float32Array {
  const values = new Float32Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    values[i] = state / 0x80000000 - 1;
  }
  return values;
}

export const f32 = (name: string, shape: number[], values: Float32Array = noise(shape.reduce((a, b) => a * b, 1))) => ({
  name,
  dtype: "F32",
  shape,
  bytes: values,
});

export const small = (): Uint8Array =>
  safetensors([
    f32("model.layers.0.mlp.up_proj.weight", [40, 32]),
    f32("model.layers.1.mlp.up_proj.weight", [40, 32], noise(1280, 2)),
    f32("model.norm.weight", [32]),
  ]);
