import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openCheckpoint } from "../../src/index.js";
import { npy, safetensors } from "../checkpoint/files.js";
import { zip } from "../checkpoint/zip-file.js";
import { file, options, readB, server, url, values } from "./remote-file.js";

describe("a server that ignores ranges", () => {
  const ignoring = (length: boolean) => {
    server.manner = ({ path }, response) => {
      server.sendWhole(response, path, length ? { "content-length": String(server.files.get(path)!.byteLength) } : {});
      return true;
    };
  };
  it("is streamed once, in order", async () => {
    ignoring(true);
    await readB(url);
    expect(server.requests.length).toBe(1);
  });
  it("is read no further than needed, and what came can be read again in any order", async () => {
    let sent = 0;
    const large = safetensors(
      Array.from({ length: 24 }, (_, i) => ({
        name: `t${String(i).padStart(2, "0")}`,
        dtype: "F32",
        shape: [1024, 1024],
        bytes: new Float32Array(1 << 20).fill(i),
      })),
    );
    server.manner = (_, response) => {
      response.writeHead(200, { "content-length": String(large.length) });
      const write = () => {
        while (sent < large.length && response.write(large.subarray(sent, (sent += 65536))) /* on */);
        if (sent < large.length) response.once("drain", write);
        else response.end();
      };
      write();
      return true;
    };
    const checkpoint = await openCheckpoint(server.serve("/large-stream.safetensors", large), options);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Some MB are in the buffers of the connection.
    expect(sent).toBeLessThan(large.length * 0.6);
    for (const [tensor, row] of [
      [1, 0],
      [23, 1023],
      [0, 0],
      [7, 7],
    ])
      expect((await checkpoint.readRows(checkpoint.tensors[tensor], row, row + 1))[0]).toBe(tensor);
    expect(server.requests.length).toBe(1);
    await checkpoint.close();
  });
  it("and does not say how long the file is, is kept in a temporary file", async () => {
    ignoring(false);
    await readB(url);
    const checkpoint = await openCheckpoint(
      server.serve(
        "/a.npz",
        zip([
          { name: "w.npy", bytes: npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)) },
        ]),
      ),
    );
    expect(checkpoint.format).toBe("npz");
    await checkpoint.close();
  });
  it("and breaks off is an error at the byte", async () => {
    server.manner = ({ path }, response) => {
      response.writeHead(200, { "content-length": String(file.length) });
      response.write(server.files.get(path)!.read(0, 9_000_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    await expect(readB(url)).rejects.toMatchObject({ code: "http-failed", message: expect.stringMatching(/byte \d+/) });
  });
});

describe("a stream", () => {
  const streamOf = (bytes: Uint8Array) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 700_001) controller.enqueue(bytes.subarray(at, at + 700_001));
        controller.close();
      },
    });
  it("is read whole, in any order, and leaves nothing behind", async () => {
    const mine = mkdtempSync(path.join(tmpdir(), "weightscope-stream-"));
    vi.stubEnv("TMPDIR", mine);
    vi.stubEnv("TEMP", mine);
    const checkpoint = await openCheckpoint(streamOf(file));
    for (const i of [2, 0, 1])
      expect((await checkpoint.readRows(checkpoint.tensors[i], 7, 8))[3]).toBe(values[7003] + i);
    await checkpoint.close();
    expect(readdirSync(mine)).toEqual([]);
    rmdirSync(mine);
  });
  it("that breaks, breaks the opening", async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("cut")) });
    await expect(openCheckpoint(broken)).rejects.toThrow("cut");
    await expect(openCheckpoint(streamOf(file.slice(0, 1000)))).rejects.toMatchObject({ code: "truncated" });
  });
});
