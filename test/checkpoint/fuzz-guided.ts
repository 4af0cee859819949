import { type Profiler, Session } from "node:inspector/promises";
import { Random as RandomNumbers } from "../../src/base/random.js";
import { type Bytes, mutated, pick, type Random } from "./fuzz-bytes.js";
import type { Reader } from "./fuzz-readers.js";

/** What came of one reader. */
export interface Guided {
  name: string;
  cases: number;
  /** Blocks of the program that were reached. */
  edges: number;
  /** Inputs that reached something new, and were changed further. */
  kept: number;
  refused: number;
}

const LONGEST_INPUT = 1 << 14;
const MILLISECONDS = 200;

/** Which blocks of one script run, as V8 counts them. */
class Coverage {
  private readonly session = new Session();
  private readonly seen = new Set<string>();
  private readonly blocks = new Set<string>();

  constructor(private readonly script: string) {
    this.session.connect();
  }

  async start(): Promise<void> {
    await this.session.post("Profiler.enable");
    await this.session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Whether what ran since the last time reached a block, or went round one many times more often, as never before. */
  async grew(): Promise<boolean> {
    const { result } = (await this.session.post(
      "Profiler.takePreciseCoverage",
    )) as Profiler.TakePreciseCoverageReturnType;
    const before = this.seen.size;
    for (const { url, functions } of result) {
      if (url !== this.script) continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          this.blocks.add(`${startOffset}-${endOffset}`);
          this.seen.add(`${startOffset}-${endOffset} ${32 - Math.clz32(count)}`);
        }
    }
    return this.seen.size > before;
  }

  get edges(): number {
    return this.blocks.size;
  }

  async stop(): Promise<void> {
    await this.session.post("Profiler.stopPreciseCoverage");
    this.session.disconnect();
  }
}

/** The head of one input and the tail of another. */
function crossed(random: Random, a: Bytes, b: Bytes): Bytes {
  const [head, tail] = [a.subarray(0, random(a.length + 1)), b.subarray(random(b.length + 1))];
  const made = new Uint8Array(head.length + tail.length);
  made.set(head);
  made.set(tail, head.length);
  return made;
}

/**
 * Changes inputs of a reader at random, and keeps those that reach a block of `script` that none did before: the same
 * cases for the same seed.
 * @throws Error for what is no refusal, for a reader that takes too long, with the input in base64.
 */
export async function guided(reader: Reader, cases: number, seed: number, script: string): Promise<Guided> {
  const generator = new RandomNumbers(seed);
  const random: Random = (bound) => generator.below(bound);
  const coverage = new Coverage(script);
  const corpus = [...reader.seeds];
  // Half of all begin with what was read to its end: changes of what is refused are mostly refused where that was.
  const accepted = [...reader.seeds];
  let refused = 0;
  await coverage.start();
  try {
    for (let at = 0; at < cases; at++) {
      const from = pick(random, random(2) === 0 ? accepted : corpus);
      const base = random(5) === 0 ? crossed(random, from, pick(random, corpus)) : from;
      const bytes = at < reader.seeds.length ? reader.seeds[at] : mutated(base, random).slice(0, LONGEST_INPUT);
      const failed = (why: string, cause?: unknown): Error =>
        new Error(`${reader.name}, case ${at}: ${why}: ${Buffer.from(bytes).toString("base64")}`, { cause });
      const cpu = process.cpuUsage();
      const before = refused;
      await reader.read(bytes).catch((error: unknown) => {
        refused++;
        if (!reader.refusals.some((kind) => error instanceof kind)) throw failed(String(error), error);
      });
      const { user, system } = process.cpuUsage(cpu);
      if ((user + system) / 1000 > MILLISECONDS) throw failed(`took ${((user + system) / 1000).toFixed(0)} ms`);
      if (!(await coverage.grew()) || at < reader.seeds.length) continue;
      corpus.push(bytes);
      if (refused === before) accepted.push(bytes);
    }
    const kept = corpus.length - reader.seeds.length;
    return { name: reader.name, cases, edges: coverage.edges, kept, refused };
  } finally {
    await coverage.stop();
  }
}
