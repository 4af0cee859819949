import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnswerBody } from "../../src/host/contract.js";
import { httpRequest } from "../../src/host/node-http.js";

const PIECE = 1 << 16;
const PIECES = 1024;
/** Taken from the server by the connection, in pieces; how the body goes on by path. */
let written = 0;

async function send(response: ServerResponse, pieces: number): Promise<void> {
  for (let i = 0; i < pieces && !response.destroyed; i++) {
    const more = response.write(Buffer.alloc(PIECE, i & 255));
    written++;
    if (!more) await new Promise<void>((resolve) => response.once("drain", resolve).once("close", () => resolve()));
    response.removeAllListeners("drain");
  }
}

const server = createServer((request, response) => {
  response.setMaxListeners(PIECES);
  written = 0;
  if (request.url === "/whole") void send(response, PIECES).then(() => response.end());
  else if (request.url === "/broken") void send(response, 8).then(() => setTimeout(() => response.destroy(), 20));
  else void send(response, 1);
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function readerOf(path: string): Promise<ReturnType<AnswerBody["getReader"]>> {
  const { signal } = new AbortController();
  const { body } = await httpRequest(new URL(path, origin), { method: "GET", headers: {}, signal, redirect: "manual" });
  return body!.getReader();
}

describe("a body by Node's own client", () => {
  it("waits with its connection for who reads it, and comes whole and in order", async () => {
    const reader = await readerOf("/whole");
    const first = await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 150));
    // What is held here and in the system's own buffers, some megabytes: not the 64 MiB.
    expect(written).toBeLessThan(PIECES / 2);
    let at = 0;
    for (let next = first; !next.done; next = await reader.read()) {
      const { value } = next;
      for (const i of [0, value.length - 1]) expect(value[i]).toBe(((at + i) >> 16) & 255);
      at += value.length;
    }
    expect(at).toBe(PIECE * PIECES);
    expect((await reader.read()).done).toBe(true);
  });

  it("gives what came before it broke, and then the error, again and again", async () => {
    const reader = await readerOf("/broken");
    let bytes = 0;
    const all = async (): Promise<void> => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length;
    };
    await expect(all()).rejects.toThrow(/aborted|closed/);
    expect(bytes).toBeGreaterThan(0);
    await expect(reader.read()).rejects.toThrow(/aborted|closed/);
  });

  it("ends a read that waits when it is cancelled", async () => {
    const reader = await readerOf("/silent");
    for (let bytes = 0; bytes < PIECE; ) bytes += (await reader.read()).value!.length;
    const waiting = reader.read();
    await reader.cancel();
    expect((await waiting).done).toBe(true);
  });
});
