import type { ToWorker } from "../parallel/messages.js";

/** A worker as the pool sees it. Each listener replaces the one before it. */
export interface WorkerHandle {
  post(message: ToWorker, transfer?: ArrayBuffer[]): void;
  onMessage(listener: (data: unknown) => void): void;
  onError(listener: (error: Error) => void): void;
  terminate(): void;
}
