import type { MatrixReport, Progress } from "../types.js";
import type { FromSession, Kind, Requests, ToSession } from "./messages.js";
import { PageWorkers } from "./page-workers.js";

/** What comes while an analysis runs, besides its answer. */
export interface SessionEvents {
  progress(progress: Progress): void;
  planned(matrices: number): void;
  matrices(matrices: { index: number; matrix: MatrixReport }[]): void;
  counted(done: number, total: number): void;
}

/** The page's end of its worker. */
export class Session {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  private readonly workers = new PageWorkers((message) => this.post(message));
  private next = 0;

  constructor(events: Partial<SessionEvents>, url: string | URL = new URL("session.js", import.meta.url)) {
    this.worker = new Worker(url, { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<FromSession>) => {
      if (this.workers.hear(data)) return;
      if (data.type === "progress") events.progress?.(data.progress);
      else if (data.type === "planned") events.planned?.(data.matrices);
      else if (data.type === "matrices") events.matrices?.(data.matrices);
      else if (data.type === "counted") events.counted?.(data.done, data.total);
      else if (data.type === "answer" || data.type === "failed") {
        const asked = this.waiting.get(data.id);
        this.waiting.delete(data.id);
        if (data.type === "answer") asked?.resolve(data.answer);
        else asked?.reject(Object.assign(new Error(data.message), { name: data.name, code: data.code }));
      }
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new Error(event.message || "the worker could not be started"));
    };
  }

  ask<K extends Kind>(kind: K, ask: Requests[K]["ask"]): Promise<Requests[K]["answer"]> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.post({ type: "ask", id, kind, ask } as ToSession);
    });
  }

  pause(): void {
    this.post({ type: "pause" });
  }
  resume(): void {
    this.post({ type: "resume" });
  }
  cancel(): void {
    this.post({ type: "cancel" });
  }

  close(): void {
    this.worker.terminate();
    this.workers.close();
    this.fail(Object.assign(new Error("closed"), { name: "AbortError" }));
  }

  private post(message: ToSession): void {
    this.worker.postMessage(message);
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
