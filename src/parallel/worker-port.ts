import type { FromWorker } from "./messages.js";

/** The other end of a worker's channel: web workers speak through the global scope, Node's through `parentPort`. */
interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage?: unknown;
  on?(event: "message", listener: (data: unknown) => void): void;
  close?(): void;
}

const scope = globalThis as unknown as Port & {
  process?: { getBuiltinModule?(name: string): { parentPort: Port | null } };
};
const parent = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort ?? null;
// Deno and Bun have `process` too, but in their web workers the global scope is the port.
let port: Port = typeof scope.postMessage === "function" ? scope : parent!;

/** Says something to the pool; buffers in `transfer` are moved, not copied. */
export function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Nothing more comes, and what keeps this thread alive is gone. */
export function close(): void {
  port.close?.();
}

/** Takes what the pool says, one listener at a time: of the scope, or of a port that comes with a first message. */
export function onMessage(listener: (data: unknown) => void): void {
  const hear = ({ data }: { data: unknown }): void => {
    const sent = (data as { type?: unknown; port?: Port }).type === "port" ? (data as { port: Port }).port : null;
    if (sent) {
      port = sent;
      port.onmessage = hear;
    } else listener(data);
  };
  if (port === scope) scope.onmessage = hear;
  else port.on!("message", listener);
}
