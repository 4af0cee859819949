import { CheckpointError } from "../base/errors.js";
import type { KernelName } from "./contract.js";

/** Inside a worker: modules come by message, compiled; nothing is opened and no worker started. */
const provided = new Map<KernelName, WebAssembly.Module>();

/** Takes a compiled module from the thread that started this worker. */
export function provideModule(name: KernelName, module: WebAssembly.Module): void {
  provided.set(name, module);
}

/** A module that was provided; throws where none of that name was. */
export async function kernelModule(name: KernelName): Promise<WebAssembly.Module> {
  const module = provided.get(name);
  if (!module) throw new Error(`the ${name} kernels were not given to this worker`);
  return module;
}

/** A worker compiles nothing. */
export async function kernelBytes(): Promise<Uint8Array | null> {
  return null;
}

/** Rejects with `no-file-system`. */
export async function openPath(): Promise<never> {
  throw new CheckpointError("no-file-system", "a worker opens no files");
}

/** Rejects: workers are the pool's alone. */
export async function startWorker(): Promise<never> {
  throw new Error("a worker starts no worker");
}

export { openLocal } from "./local-file.js";

/** Milliseconds of work between turns of the event loop. */
export const YIELD_EVERY_MS = 50;
let ended = false;
/** What is under way stops at its next look for events, and never goes on. */
export const end = (): void => {
  ended = true;
};
let told = (): void => {};
/** Hears of every look for events. */
export const onYield = (listener: () => void): void => {
  told = listener;
};
/** In Node, where a worker hears that it is no longer wanted; others are ended from outside, and nothing can wait. */
export const yieldToEvents = (): Promise<void> => {
  told();
  return typeof setImmediate === "function"
    ? new Promise((resolve) => setImmediate(() => ended || resolve()))
    : Promise.resolve();
};
