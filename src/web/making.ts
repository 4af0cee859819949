import type { Progress } from "../types.js";
import type { Requests, Room } from "./messages.js";
import type { Failure } from "./remedy.js";
import { freeRoom } from "./room.js";
import { Session } from "./session.js";

/** Files that are being made in a session of their own, or were. */
export class Making<K extends "compress" | "adapter"> {
  progress: Progress | null = null;
  answer: Requests[K]["answer"] | null = null;
  error: Failure | null = null;
  cancelled = false;
  private readonly session: Session;

  constructor(
    kind: K,
    ask: Requests[K]["ask"],
    private readonly room: Room,
    private readonly changed: () => void,
  ) {
    this.session = new Session({
      progress: (progress) => {
        this.progress = progress;
        changed();
      },
    });
    addEventListener("pagehide", this.left);
    this.session
      .ask(kind, ask)
      .then(
        (answer) => {
          this.answer = answer;
        },
        (error: Error & { code?: string | null }) => {
          if (error.name === "AbortError") this.cancelled = true;
          else this.error = { code: error.code ?? null, message: error.message };
        },
      )
      .finally(() => {
        this.session.close();
        changed();
      });
  }

  private readonly left = ({ persisted }: PageTransitionEvent): void => {
    if (!persisted) this.close();
  };

  get busy(): boolean {
    return this.answer === null && this.error === null && !this.cancelled;
  }

  /** "42 %", as far as it is known. */
  get share(): number {
    const { progress } = this;
    return progress && progress.total > 0 ? progress.done / progress.total : 0;
  }

  /** Ends the work at once: nothing of it is left. */
  cancel(): void {
    if (!this.busy) return;
    this.cancelled = true;
    this.close();
    this.changed();
  }

  /** Ends the work, and forgets the files that were made. */
  close(): void {
    removeEventListener("pagehide", this.left);
    this.session.close();
    void freeRoom(this.room);
  }
}
