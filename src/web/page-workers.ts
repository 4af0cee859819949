/**
 * Workers that the page starts for its session. Firefox may never come back from `new Worker` in a worker
 * (`node scripts/nested-workers.mjs` shows it); in a page it does. The first message, which carries compiled
 * kernels, goes by way of the page: Firefox sends no WebAssembly.Module through a port.
 */

/** What a session says of its workers to the page. */
export type ToPage =
  | { type: "start-worker"; worker: number; url: string; first: unknown; port: MessagePort }
  | { type: "end-worker"; worker: number };

/** What the page says of them. */
export interface WorkerFailed {
  type: "worker-failed";
  worker: number;
  message: string;
}

interface Asked {
  postMessage(message: ToPage, transfer: Transferable[]): void;
}

/** The session's end: in the place of `Worker`, as far as `startWebWorker` uses it. */
export function workersOfPage(page: Asked): { Worker: typeof Worker; failed(message: WorkerFailed): void } {
  const all = new Map<number, PageWorker>();
  let next = 0;
  class PageWorker extends EventTarget {
    onmessage: ((event: MessageEvent) => void) | null = null;
    onerror: ((event: { message: string }) => void) | null = null;
    private readonly id = next++;
    private port: MessagePort | null = null;

    constructor(private readonly url: string | URL) {
      super();
      all.set(this.id, this);
    }

    postMessage(message: unknown, transfer: Transferable[] = []): void {
      if (this.port) {
        this.port.postMessage(message, transfer);
        return;
      }
      const { port1, port2 } = new MessageChannel();
      this.port = port1;
      port1.onmessage = (event) => this.onmessage?.(event);
      const start = {
        type: "start-worker",
        worker: this.id,
        url: String(this.url),
        first: message,
        port: port2,
      } as const;
      page.postMessage(start, [port2, ...transfer]);
    }

    terminate(): void {
      all.delete(this.id);
      this.port?.close();
      page.postMessage({ type: "end-worker", worker: this.id }, []);
    }
  }
  return {
    Worker: PageWorker as unknown as typeof Worker,
    failed: ({ worker, message }) => all.get(worker)?.onerror?.({ message }),
  };
}

/** The page's end: the workers of one session. */
export class PageWorkers {
  private readonly all = new Map<number, Worker>();

  constructor(private readonly failed: (message: WorkerFailed) => void) {}

  /** @returns whether it was about a worker */
  hear(message: ToPage | { type: string }): boolean {
    if (message.type === "start-worker") this.start(message as ToPage & { type: "start-worker" });
    else if (message.type === "end-worker") this.end((message as ToPage).worker);
    else return false;
    return true;
  }

  private start({ worker: id, url, first, port }: ToPage & { type: "start-worker" }): void {
    const worker = new Worker(url, { type: "module" });
    this.all.set(id, worker);
    worker.onerror = (event) => {
      event.preventDefault();
      this.failed({ type: "worker-failed", worker: id, message: event.message });
    };
    worker.postMessage({ type: "port", port }, [port]);
    worker.postMessage(first);
  }

  private end(id: number): void {
    this.all.get(id)?.terminate();
    this.all.delete(id);
  }

  close(): void {
    for (const id of [...this.all.keys()]) this.end(id);
  }
}
