import type { CarriedJob, Carrier, JobState } from "../../src/distribute/carrier.js";
import { parseWork } from "../../src/distribute/work.js";
import type { WorkRunner } from "../../src/distribute/work-runner.js";

/** A queue in memory that behaves as badly as it is told, whose jobs are done when they are looked at. */
export class MemoryQueue implements Carrier {
  readonly jobs = new Map<string, { work: string; state: JobState }>();
  calls = 0;
  added = 0;
  computed = 0;
  constructor(
    readonly runner: WorkRunner,
    private readonly trouble: (queue: MemoryQueue) => void = () => undefined,
  ) {}
  private meet(): void {
    this.calls++;
    this.trouble(this);
  }
  async add(jobs: readonly CarriedJob[]): Promise<void> {
    this.meet();
    for (const { id, work } of jobs) {
      this.added++;
      if (!this.jobs.has(id)) this.jobs.set(id, { work, state: { state: "waiting" } });
    }
  }
  async look(id: string): Promise<JobState> {
    this.meet();
    const job = this.jobs.get(id);
    if (!job) return { state: "missing" };
    const { state } = job;
    if (state.state === "waiting") await this.compute(job);
    return state;
  }
  async retry(id: string): Promise<void> {
    const job = this.jobs.get(id);
    if (job) job.state = { state: "waiting" };
  }
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.jobs.delete(id);
  }
  async counts() {
    return { waiting: 0, active: 0, delayed: 0, done: 0, failed: 0, workers: 1 };
  }
  async close(): Promise<void> {}
  private async compute(job: { work: string; state: JobState }): Promise<void> {
    try {
      const result = await this.runner.run(parseWork(job.work));
      this.computed += result.figures.length;
      job.state = { state: "done", result: JSON.stringify(result) };
    } catch (error) {
      job.state = { state: "failed", reason: (error as Error).message };
    }
  }
}
