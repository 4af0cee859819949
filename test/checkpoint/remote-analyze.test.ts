import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import { safetensorsOf } from "./files.js";
import { FileServer } from "./server.js";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [cli, ...args]);
const example = fileURLToPath(new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url));

const server = new FileServer();
let url: string;
let large: string;
let size: number;
beforeAll(async () => {
  await server.start();
  server.serve("/example.safetensors", new Uint8Array(await readFile(example)));
  // 300 matrices of 4 MB, whose weights the server makes up as they are asked for.
  const shape = [1024, 1024];
  const bytes = 4 * 1024 * 1024;
  const header = safetensorsOf(
    JSON.stringify(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, i) => [
          `layers.${i}.w`,
          { dtype: "F32", shape, data_offsets: [i * bytes, (i + 1) * bytes] },
        ]),
      ),
    ),
  );
  size = header.length + 300 * bytes;
  server.serve("/large.safetensors", {
    byteLength: size,
    read(start, end) {
      const result = new Uint8Array(end - start);
      for (let i = 0; i < result.length; i++)
        result[i] = start + i < header.length ? header[start + i] : ((start + i) * 37) & 63;
      return result;
    },
  });
  server.reset();
  url = server.address("/example.safetensors");
  large = server.address("/large.safetensors");
});
afterAll(() => server.stop());

describe("a remote checkpoint", () => {
  it("gives the report of the local file, byte for byte, and is read once", async () => {
    const [ours, theirs] = await Promise.all([analyze(url), analyze(example)]);
    expect({ ...ours, source: { ...ours.source, name: "" } }).toEqual({
      ...theirs,
      source: { ...theirs.source, name: "" },
    });
    expect(server.bytesSent).toBeLessThan((await readFile(example)).length * 1.1);
  });

  it("of 1.2 GB is inspected with some kilobytes, and one matrix analysed with little more than its own", async () => {
    const before = server.bytesSent;
    const { stdout } = await run("inspect", large, "--format", "json");
    expect(JSON.parse(stdout).tensors.length).toBe(300);
    expect(server.bytesSent - before).toBeLessThan(size * 0.0001);
    const between = server.bytesSent;
    const { stdout: report } = await run(
      "analyze",
      large,
      "--include",
      "layers\\.123\\.w",
      "--format",
      "json",
      "--quiet",
      "--gaussians",
      "8",
    );
    expect(JSON.parse(report).matrices.map((matrix: { name: string }) => matrix.name)).toEqual(["layers.123.w"]);
    expect(server.bytesSent - between).toBeLessThan(size * 0.005);
  });

  it("comes through a pipe as well", async () => {
    const child = promisify(execFile)(process.execPath, [cli, "inspect", "-", "--format", "json"]);
    child.child.stdin!.end(await readFile(example));
    expect(JSON.parse((await child).stdout)).toMatchObject({
      source: { format: "safetensors", byteLength: (await readFile(example)).length },
    });
  });
});
