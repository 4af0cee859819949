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
    getReader() {
      const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      return {
        async read() {
          const { done, value } = await chunks.next();
          return done ? { done: true, value: undefined } : { done: false, value };
        },
        cancel,
      };
    },
  };
}
