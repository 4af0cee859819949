import type { FromWorker } from "./messages.js";

/** The other end of a worker's channel: web workers speak through the global scope, Node's through `parentPort`. */
interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage?: unknown;
  on?(event: "message", listener: (data: unknown) => void): void;
}

const scope = globalThis as unknown as Port & {
  process?: { getBuiltinModule?(name: string): { parentPort: Port | null } };
};
const parent = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort ?? null;
// Deno and Bun have `process` too, but in their web workers the global scope is the port.
const port: Port = typeof scope.postMessage === "function" ? scope : parent!;

/** Says something to the pool; buffers in `transfer` are moved, not copied. */
export function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Takes what the pool says, one listener at a time. */
export function onMessage(listener: (data: unknown) => void): void {
  if (port === scope) scope.onmessage = (event: { data: unknown }) => listener(event.data);
  else port.on!("message", listener);
}
