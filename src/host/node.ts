/** Node, Deno and Bun: `node:` modules are there, and bytes may be compiled. */
import { Buffer } from "node:buffer";
import type { Answer, Directory, Location, Log, RequestOptions, Scratch } from "./contract.js";
import { inlinedKernels } from "./inlined.js";

/** Some 5 ms of a cold start faster than code that is not compiled yet. */
export const { kernelBytes, kernelModule } = inlinedKernels((digits) => new Uint8Array(Buffer.from(digits, "hex")));
export { openLocal } from "./local-file.js";
export { startWorker } from "./node-worker.js";

/** What touches files is loaded when a file is: kernels alone need none of Node's modules for it. */
export const openPath = async (input: string | URL): Promise<Location | Directory> =>
  (await import("./node-file.js")).openPath(input);
/** A temporary file. */
export const createScratch = async (): Promise<Scratch> => (await import("./node-spool.js")).createScratch();

/** One request by Node's own client. */
export const request = async (url: URL, options: RequestOptions): Promise<Answer> =>
  (await import("./node-http.js")).httpRequest(url, options);

/** A file of the file system, locked by its writer. */
export const openLog = async (path: string, options: { write: boolean }): Promise<Log> =>
  (await import("./node-log.js")).openLog(path, options);

/** Of the process. */
export const environment = (name: string): string | undefined => process.env[name] || undefined;

/** Milliseconds of work between turns of the event loop. */
export const YIELD_EVERY_MS = 4;
/** One turn of the event loop. */
export const yieldToEvents = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
