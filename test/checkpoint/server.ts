import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Request {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  start: number;
  end: number;
}

/** Whether a request is the one that opens a file. */
export const opens = ({ start, end }: Request): boolean => start === 0 && end === 65536;

/** Answers one request in place of the server's own manner, or returns false to leave it to that. */
export type Manner = (request: Request, response: ServerResponse, count: number) => boolean;

export interface ServedFile {
  byteLength: number;
  read(start: number, end: number): Uint8Array;
}

/** A file server on this machine that knows byte ranges, notes each request, and misbehaves as it is told. */
export class FileServer {
  readonly requests: Request[] = [];
  bytesSent = 0;
  etag: string | null = '"first"';
  manner: Manner = () => false;
  readonly files = new Map<string, ServedFile>();
  private server!: Server;
  private generation = 0;
  private readonly counts = new Map<string, number>();

  async start(): Promise<this> {
    this.server = createServer((incoming, response) => this.answer(incoming, response));
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  serve(path: string, file: Uint8Array | ServedFile): string {
    this.files.set(
      path,
      file instanceof Uint8Array ? { byteLength: file.length, read: (start, end) => file.subarray(start, end) } : file,
    );
    return this.address(path);
  }

  /** Good until the next reset. */
  address(path: string): string {
    return `${this.origin}${path}?generation=${this.generation}`;
  }

  /**
   * Forgets everything but the files. Requests that earlier addresses still have on their way are neither answered nor
   * noted.
   */
  reset(): void {
    this.generation++;
    this.requests.length = 0;
    this.counts.clear();
    this.bytesSent = 0;
    this.etag = '"first"';
    this.manner = () => false;
  }

  /** Sends bytes [start, end) of a file as a server should. */
  sendRange(
    response: ServerResponse,
    path: string,
    start: number,
    end: number,
    headers: Record<string, string> = {},
  ): void {
    const file = this.files.get(path)!;
    const stop = Math.min(end, file.byteLength);
    response.writeHead(206, {
      "content-range": `bytes ${start}-${stop - 1}/${file.byteLength}`,
      "content-length": String(stop - start),
      ...(this.etag ? { etag: this.etag } : {}),
      ...headers,
    });
    this.send(response, file, start, stop);
  }

  sendWhole(response: ServerResponse, path: string, headers: Record<string, string> = {}): void {
    const file = this.files.get(path)!;
    response.writeHead(200, { ...(this.etag ? { etag: this.etag } : {}), ...headers });
    this.send(response, file, 0, file.byteLength);
  }

  private send(response: ServerResponse, file: ServedFile, start: number, end: number): void {
    this.bytesSent += end - start;
    response.end(file.read(start, end));
  }

  private answer(incoming: IncomingMessage, response: ServerResponse): void {
    const path = incoming.url!.replace(/\?.*$/, "");
    const generation = /generation=(\d+)/.exec(incoming.url!)?.[1];
    if (generation !== undefined && Number(generation) !== this.generation) return void response.destroy();
    const range = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? "");
    const request: Request = {
      method: incoming.method!,
      path,
      headers: incoming.headers,
      start: range ? Number(range[1]) : 0,
      end: range ? Number(range[2]) + 1 : NaN,
    };
    this.requests.push(request);
    const count = this.counts.get(path) ?? 0;
    this.counts.set(path, count + 1);
    if (this.manner(request, response, count)) return;
    const file = this.files.get(path);
    if (!file) return void response.writeHead(404).end("no such file");
    if (!range) return this.sendWhole(response, path, { "content-length": String(file.byteLength) });
    if (request.start >= file.byteLength)
      return void response.writeHead(416, { "content-range": `bytes */${file.byteLength}` }).end();
    this.sendRange(response, path, request.start, request.end);
  }
}
