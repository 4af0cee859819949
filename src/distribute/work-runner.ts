import { environment, request } from "#host";
import version from "../../build/version.js";
import { taskKeys } from "../analyze/keys.js";
import { checkedOptions, naturalOptions } from "../analyze/options.js";
import { type Prepared, prepare } from "../analyze/prepare.js";
import { findFigures } from "../analyze/run.js";
import { CheckpointError } from "../base/errors.js";
import { openRaw } from "../checkpoint/open.js";
import { costOf } from "../matrix/schedule.js";
import type { OpenOptions } from "../types.js";
import { type AllowedAddresses, isNetworkAddress } from "./allowed.js";
import { reasonInShort, type WorkResult } from "./result.js";
import type { Work } from "./work.js";

/** Instructions of the kernels that jobs are done with: the same bits on every machine. */
export const INSTRUCTIONS = "simd128";
/** Checkpoints that stay open. */
const MOST_OPEN = 4;
/** Seconds that a job may take by the model of its cost: more is none that anybody planned. */
const LONGEST_JOB = 86_400;

/** Seconds of a matrix from which it is kept from the thread that renews the job's lock. */
const AWAY_FROM = 0.25;

/** What a runner may read, and what it may use. */
export interface WorkRunnerOptions {
  allow: AllowedAddresses;
  /** The file that a path stands for, once its links are followed. @throws CheckpointError "not-allowed" by default. */
  allowPath?: ((path: string) => Promise<string>) | undefined;
  threads?: number | undefined;
  /** Bytes of weights held at once. */
  memory?: number | undefined;
  open?: OpenOptions | undefined;
}

interface Opened {
  prepared: Prepared;
  close(): Promise<void>;
}

/** Does the work of jobs, one after the other; a checkpoint stays open from job to job. */
export class WorkRunner {
  private readonly opened = new Map<string, Promise<Opened>>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: WorkRunnerOptions) {}

  /**
   * The figures of a job's matrices, and which cannot be done.
   * @throws CheckpointError "other-version", "not-allowed", "changed" for what another try cannot mend; what reading
   * and the signal throw.
   */
  run(work: Work, signal?: AbortSignal): Promise<WorkResult> {
    const result = this.turn.then(() => this.once(work, signal));
    this.turn = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.turn;
    await Promise.all([...this.opened.keys()].map((name) => this.forget(name)));
  }

  private async once(work: Work, signal: AbortSignal | undefined): Promise<WorkResult> {
    if (work.version !== version || work.instructions !== INSTRUCTIONS)
      throw new CheckpointError(
        "other-version",
        `the job is of version ${work.version} (${work.instructions}), this worker of ${version} (${INSTRUCTIONS})`,
      );
    const name = JSON.stringify([work.address, work.options]);
    const known = this.opened.has(name);
    try {
      const { prepared } = await this.prepared(name, work, signal);
      if (await this.matches(prepared, work)) return await this.compute(prepared, work, signal);
      await this.forget(name);
      // A file that changed since it was opened here.
      const again = known ? (await this.prepared(name, work, signal)).prepared : null;
      if (again && (await this.matches(again, work))) return await this.compute(again, work, signal);
      throw new CheckpointError("changed", "the checkpoint is not the one that the job was planned from");
    } catch (error) {
      await this.forget(name);
      throw error;
    }
  }

  private async matches({ checkpoint, plan, settings }: Prepared, { tasks }: Work): Promise<boolean> {
    const matrices = tasks.map(({ index }) => plan.matrices[index]);
    if (matrices.some((one) => one === undefined)) return false;
    const places = ({ tensor }: (typeof matrices)[number]) => checkpoint.places(tensor);
    const keys = await taskKeys(matrices, settings.matrix, INSTRUCTIONS, places);
    return tasks.every(({ key }, i) => key === keys[i]);
  }

  private async compute(prepared: Prepared, { tasks }: Work, signal: AbortSignal | undefined): Promise<WorkResult> {
    const { plan, settings } = prepared;
    const keys = new Map(tasks.map(({ index, key }) => [index, key]));
    const costs = tasks.map(({ index }) => costOf(plan.matrices[index], settings.matrix) / 1e9);
    const cost = costs.reduce((sum, one) => sum + one, 0);
    if (cost > LONGEST_JOB)
      throw new CheckpointError("bad-work", `a job of ${Math.round(cost / 3600)} hours of computing`);
    const figures = new Map<number, WorkResult["figures"][number]>();
    const wanted = tasks.map(({ index }) => index);
    const { failed } = await findFigures(
      prepared,
      // Threads are started for each job: for small matrices they would cost more than the work.
      { signal, away: Math.max(...costs) > AWAY_FROM },
      {
        wanted,
        onDone: (index, found) => void figures.set(index, { key: keys.get(index)!, figures: found }),
      },
    );
    return {
      schemaVersion: 1,
      figures: wanted.flatMap((index) => figures.get(index) ?? []),
      failed: [...failed].map(([index, reason]) => ({ key: keys.get(index)!, reason: reasonInShort(reason) })),
    };
  }

  private async prepared(name: string, work: Work, signal: AbortSignal | undefined): Promise<Opened> {
    const known = this.opened.get(name);
    if (known) {
      this.opened.delete(name);
      this.opened.set(name, known);
      return known;
    }
    if (this.opened.size >= MOST_OPEN) await this.forget(this.opened.keys().next().value!);
    const opening = this.open(work, signal);
    this.opened.set(name, opening);
    return opening;
  }

  private async open({ address, options }: Work, signal: AbortSignal | undefined): Promise<Opened> {
    const { allow, allowPath, threads = 1, memory, open = {} } = this.options;
    const natural = naturalOptions({ ...options, threads, memory });
    const settings = checkedOptions(natural);
    let place = address;
    if (isNetworkAddress(address)) allow.check(address);
    else if (allowPath) place = await allowPath(address);
    else throw new CheckpointError("not-allowed", "this worker reads no local files");
    const call = open.fetch ?? (request as unknown as typeof fetch);
    const guarded: typeof fetch = (input, init) => {
      allow.check(input as string | URL);
      return call(input, init);
    };
    // The signal is of one job, and the checkpoint stays open.
    const checkpoint = await openRaw(place, { ...open, fetch: guarded, token: open.token ?? tokenFor(address) });
    try {
      return { prepared: await prepare(checkpoint, { ...natural, signal }, settings), close: () => checkpoint.close() };
    } catch (error) {
      await checkpoint.close();
      throw error;
    }
  }

  private async forget(name: string): Promise<void> {
    const opening = this.opened.get(name);
    this.opened.delete(name);
    await opening?.then(({ close }) => close()).catch(() => undefined);
  }
}

/** WEIGHTSCOPE_TOKEN_MODELS_EXAMPLE of https://models.example/…: a worker's own, and no part of any job. */
function tokenFor(address: string): string | undefined {
  if (!URL.canParse(address) || /^hf:/i.test(address)) return undefined;
  const { hostname } = new URL(address);
  return environment(`WEIGHTSCOPE_TOKEN_${hostname.replace(/[^a-z0-9]/gi, "_").toUpperCase()}`);
}
