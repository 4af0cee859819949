import type { KernelName } from "../modules.js";
import type { LocalFile } from "../checkpoint/checkpoint.js";
import { CheckpointError } from "../errors.js";
import { printable, quoted } from "../text.js";

/** Inside a worker: modules come by message, compiled; nothing is opened and no worker started. */
const provided = new Map<KernelName, WebAssembly.Module>();

export function provideModule(name: KernelName, module: WebAssembly.Module): void {
  provided.set(name, module);
}

export async function kernelModule(name: KernelName): Promise<WebAssembly.Module> {
  const module = provided.get(name);
  if (!module) throw new Error(`the ${name} kernels were not given to this worker`);
  return module;
}

export async function kernelBytes(): Promise<Uint8Array | null> {
  return null;
}

export async function openPath(): Promise<never> {
  throw new CheckpointError("no-file-system", "a worker opens no files");
}

export async function startWorker(): Promise<never> {
  throw new Error("a worker starts no worker");
}

interface FileSystem {
  openSync(path: string): number;
  fstatSync(file: number): { size: number };
  readSync(file: number, target: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(file: number): void;
}

const scope = globalThis as unknown as { process?: { getBuiltinModule?(name: string): FileSystem | undefined } };

/** A file that this thread reads itself and may wait for; null where the host has no files, or where it is no longer the one it was. */
export function openLocal({ path, start, size }: LocalFile, tensor: string): { fill(from: number, target: Uint8Array): void; close(): void } | null {
  const files = scope.process?.getBuiltinModule?.("node:fs");
  if (!files) return null;
  let file: number;
  try {
    file = files.openSync(path);
  } catch {
    return null; // the pool has it open, and says what is wrong if it cannot read it either
  }
  if (files.fstatSync(file).size !== size) {
    files.closeSync(file);
    return null;
  }
  return {
    fill(from, target) {
      for (let filled = 0; filled < target.length;) {
        const bytes = files.readSync(file, target, filled, target.length - filled, start + from + filled);
        if (bytes === 0) throw new CheckpointError("truncated", `${printable(path)}: tensor ${quoted(tensor)}: the file ended at byte ${start + from + filled}, it was longer when it was opened`, { tensor });
        filled += bytes;
      }
    },
    close: () => files.closeSync(file),
  };
}

/** Milliseconds of work between turns of the event loop. */
export const BREATH = 50;
/** Nothing is waiting that could not wait: a worker that is no longer wanted is ended from outside. */
export const letEventsThrough = (): Promise<void> => Promise.resolve();
