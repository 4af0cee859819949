import type { MatrixReport, Progress, Report, TensorInfo } from "../types.js";
import type { FromSession, Kind, Plan, Requests, ToSession } from "./messages.js";
import { PageWorkers } from "./page-workers.js";
import { takeTurn } from "./turns.js";

/** Work for all cores, and whether it goes first: what changed is what two files were given for. */
const HEAVY: Partial<Record<Kind, { first: boolean }>> = {
  analyze: { first: false },
  compare: { first: true },
  adapter: { first: true },
};

/** What comes while an analysis runs, besides its answer. */
export interface SessionEvents {
  progress(progress: Progress): void;
  planned(plan: Plan): void;
  matrices(matrices: { index: number; matrix: MatrixReport }[]): void;
  tensors(tensors: TensorInfo[]): void;
  layers(layers: Report["layers"]): void;
  counted(done: number, total: number): void;
  /** What takes all cores has its turn. */
  begun(): void;
}

const aborted = (why: string): Error => Object.assign(new Error(why), { name: "AbortError" });

/** The page's end of its worker. */
export class Session {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  private readonly workers = new PageWorkers((message) => this.post(message));
  private next = 0;
  /** Gives the turn back, or up, for each of what waits or works. */
  private readonly turns = new Map<number, () => void>();
  /** Those that have no turn yet. */
  private readonly held = new Set<number>();

  constructor(
    private readonly events: Partial<SessionEvents>,
    url: string | URL = new URL("session.js", import.meta.url),
  ) {
    this.worker = new Worker(url, { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<FromSession>) => {
      if (this.workers.hear(data)) return;
      if (data.type === "progress") events.progress?.(data.progress);
      else if (data.type === "planned") events.planned?.(data.plan);
      else if (data.type === "matrices") events.matrices?.(data.matrices);
      else if (data.type === "tensors") events.tensors?.(data.tensors);
      else if (data.type === "layers") events.layers?.(data.layers);
      else if (data.type === "counted") events.counted?.(data.done, data.total);
      else if (data.type === "answer" || data.type === "failed") {
        const asked = this.waiting.get(data.id);
        this.waiting.delete(data.id);
        this.turns.get(data.id)?.();
        this.turns.delete(data.id);
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
      const post = (): void => this.post({ type: "ask", id, kind, ask } as ToSession);
      const heavy = HEAVY[kind];
      if (!heavy) return post();
      this.held.add(id);
      const begin = (): void => {
        this.held.delete(id);
        this.events.begun?.();
        post();
      };
      this.turns.set(id, takeTurn(heavy.first, begin));
    });
  }

  /** Whether what was asked for waits for work of other sessions. */
  get waits(): boolean {
    return this.held.size > 0;
  }

  pause(): void {
    this.post({ type: "pause" });
  }
  resume(): void {
    this.post({ type: "resume" });
  }
  cancel(): void {
    this.post({ type: "cancel" });
    for (const id of this.held) {
      this.turns.get(id)?.();
      this.waiting.get(id)?.reject(aborted("cancelled"));
      this.waiting.delete(id);
    }
    this.held.clear();
  }

  close(): void {
    this.worker.terminate();
    this.workers.close();
    this.fail(aborted("closed"));
  }

  private post(message: ToSession): void {
    this.worker.postMessage(message);
  }

  private fail(error: Error): void {
    for (const giveBack of this.turns.values()) giveBack();
    this.turns.clear();
    this.held.clear();
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
