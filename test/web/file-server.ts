import { createServer, type Server } from "node:http";

export interface ServedFile {
  bytes: Uint8Array;
  type?: string | undefined;
  headers?: Record<string, string> /** Milliseconds before each answer. */;
  wait?: number;
}
export interface FileServer {
  address: string;
  requests: { path: string; range: string | undefined; status: number }[];
  close(): void;
}

/** Files by path, with byte ranges, for pages of any origin. */
export async function serveFiles(files: Record<string, ServedFile>): Promise<FileServer> {
  const requests: FileServer["requests"] = [];
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/[?#].*$/, "");
    const file = files[path];
    const range = request.headers.range;
    const cors = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "*",
      "access-control-expose-headers": "content-range, content-length, etag, accept-ranges",
      "cross-origin-resource-policy": "cross-origin",
    };
    const send = (status: number, headers: Record<string, string | number>, body?: Uint8Array): void => {
      requests.push({ path, range, status });
      setTimeout(
        () => response.writeHead(status, { ...cors, ...headers }).end(request.method === "HEAD" ? undefined : body),
        file?.wait ?? 0,
      );
    };
    if (request.method === "OPTIONS") return send(204, {});
    if (!file) return send(404, {});
    const headers = {
      "content-type": file.type ?? "application/octet-stream",
      "accept-ranges": "bytes",
      ...file.headers,
    };
    const { length } = file.bytes;
    const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
    if (start === undefined) return send(200, { ...headers, "content-length": length }, file.bytes);
    const first = Number(start);
    const last = Math.min(length - 1, end === "" ? length - 1 : Number(end));
    if (first >= length) return send(416, { "content-range": `bytes */${length}` });
    send(
      206,
      { ...headers, "content-range": `bytes ${first}-${last}/${length}`, "content-length": last - first + 1 },
      file.bytes.subarray(first, last + 1),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  return {
    address: `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
