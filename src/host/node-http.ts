import http from "node:http";
import https from "node:https";
import { pipeline, type Readable } from "node:stream";
import zlib from "node:zlib";
import type { Answer, AnswerBody, RequestOptions } from "./contract.js";

/** Connections that wait for another request keep no process alive. */
const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true }) };

/** Bodies that are not what a range of the file is: `fetch` undoes these too. */
const decoders: Record<string, () => zlib.Gunzip | zlib.BrotliDecompress | zlib.Inflate> = {
  gzip: zlib.createGunzip,
  "x-gzip": zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
};

/**
 * One request by Node's own client, which takes a quarter of the processor time of `fetch`. Redirects are left to the
 * caller.
 */
export function httpRequest(url: URL, { method, headers, signal }: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === "https:";
    const options = { method, headers, signal, agent: agents[secure ? "https:" : "http:"] };
    const request = (secure ? https : http).request(url, options, (message) => resolve(answerOf(url, method, message)));
    request.on("error", reject);
    request.end();
  });
}

function answerOf(url: URL, method: string, message: http.IncomingMessage): Answer {
  const { statusCode = 0, headers } = message;
  const one = (name: string): string | null => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? null : Array.isArray(value) ? value.join(", ") : value;
  };
  return {
    status: statusCode,
    headers: { get: one },
    url: url.href,
    redirected: false,
    type: "basic",
    body: method === "HEAD" ? null : bodyOf(message, decoders[(one("content-encoding") ?? "").trim().toLowerCase()]),
  };
}

function bodyOf(
  message: http.IncomingMessage,
  decoder: (() => Readable & NodeJS.WritableStream) | undefined,
): AnswerBody {
  const stream: Readable = decoder ? pipeline(message, decoder(), () => {}) : message;
  const cancel = async (): Promise<void> => {
    // What breaks from now on is nobody's concern.
    stream.on("error", () => {});
    message.on("error", () => {});
    message.destroy();
    stream.destroy();
  };
  return {
    cancel,
    getReader: () => new ChunkQueue(stream, cancel),
  };
}

/** Pieces that wait to be read before the connection is asked to wait. */
const MOST_WAITING = 4;

/**
 * A body's pieces as they come. The stream's own iterator stops and starts the connection for each, which costs more
 * than the pieces do.
 */
class ChunkQueue {
  private readonly waiting: Uint8Array[] = [];
  private ended = false;
  private failure: Error | null = null;
  private wake = (): void => {};

  constructor(
    private readonly stream: Readable,
    private readonly destroy: () => Promise<void>,
  ) {
    const end = (failure: Error | null) => () => this.end(failure);
    stream
      .on("data", (chunk: Uint8Array) => {
        if (this.waiting.push(chunk) >= MOST_WAITING) stream.pause();
        this.wake();
      })
      .on("end", end(null))
      .on("error", (error: Error) => this.end(error))
      .on("close", end(new Error("the connection closed early")));
  }

  private end(failure: Error | null): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    this.wake();
  }

  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    while (this.waiting.length === 0 && !this.ended) await new Promise<void>((wake) => void (this.wake = wake));
    const value = this.waiting.shift();
    if (value && this.waiting.length === 0 && this.stream.isPaused()) this.stream.resume();
    if (value) return { done: false, value };
    if (this.failure) throw this.failure;
    return { done: true, value: undefined };
  }

  cancel(): Promise<void> {
    this.waiting.length = 0;
    this.end(null);
    return this.destroy();
  }
}
