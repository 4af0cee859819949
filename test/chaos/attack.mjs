/** What every attack of the chaos needs: inputs, a command that must end well, and counts of cases and failures. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { manyMatrices, Process } from "../queue/server.mjs";

/** Seconds that a command may take where nothing is waited for. */
const LONGEST = 60;

/** One kind of attack: how many cases there were, and which of them failed. */
export class Attack {
  cases = 0;
  /** @type {string[]} */
  failures = [];
  /** @type {string[]} */
  leftOut = [];

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** @param {string} what @param {() => unknown} work throws where the case fails */
  async case(what, work) {
    this.cases++;
    try {
      await work();
    } catch (error) {
      this.failures.push(`${this.name}: ${what}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/**
 * Runs a command to its end, which must come in time.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, seconds?: number, input?: Uint8Array, act?: (one: Process) => unknown,
 *   stdin?: number, stdout?: number, through?: string[] }} how `act` is called when it has begun
 */
export async function ran(args, { env = {}, seconds = LONGEST, input, act, ...how } = {}) {
  const one = new Process(args, env, input ? { ...how, stdin: "pipe" } : how);
  one.child.stdin?.on("error", () => undefined).end(input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    one.kill("SIGKILL");
  }, seconds * 1000);
  act?.(one);
  await one.ended;
  clearTimeout(timer);
  assert(!late, `no end after ${seconds} s: ${args.join(" ")}`);
  const { exitCode: status, signalCode: signal } = one.child;
  return { status, signal, out: one.out, error: one.error };
}

/** A failure as it should be: the status, and one line that says which place is meant. */
export function saysWhy({ status, signal, error }, place = "", statuses = [1, 2]) {
  assert(signal === null && statuses.includes(status), `status ${status ?? signal}: ${error.slice(-300)}`);
  const lines = error.trimEnd().split("\n");
  assert(lines.length === 1 && /^weightscope: \S/.test(lines[0]), `not one line: ${error.slice(0, 500)}`);
  assert(lines[0].includes(place), `the line does not name ${place}: ${lines[0]}`);
  assert(!/\bundefined\b|\[object|\bE[A-Z]{4,}\b/.test(lines[0]), `no words for people: ${lines[0]}`);
}

/** It worked. */
export function worked({ status, signal, error }) {
  assert(status === 0, `status ${status ?? signal}: ${error.slice(-300)}`);
}

/** Files under a folder that are for people to see, by name, in full. @param {string} root */
export function visible(root) {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
      .filter((name) => !name.split(path.sep).some(isWorking))
      .sort()
      .map((name) => [name, readFileSync(path.join(root, name), "base64")]),
  );
}

/** Whether a name is one of those that stand only while a command works. @param {string} name */
export const isWorking = (name) => /^\.weightscope|^weightscope-|\.lock$/.test(name);

/** Working files that a command has left. @param {string} root */
export const leftIn = (root) =>
  readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => isWorking(path.basename(name)));

const MATRICES = 12;
/** @type {[rows: number, columns: number]} */
const SHAPE = [96, 128];

/**
 * The inputs of all attacks in a folder: a base, a tuned model, the base compressed, a whole journal, a text.
 * @param {string} folder
 */
export async function makeInputs(folder) {
  const at = (/** @type {string} */ name) => path.join(folder, name);
  const bytes = manyMatrices(MATRICES, SHAPE);
  writeFileSync(at("base.safetensors"), bytes);
  const tuned = Uint8Array.from(bytes);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const values = new Float32Array(tuned.buffer.slice(start));
  for (let i = 0; i < values.length; i++) values[i] += ((i % 7) - 3) * ((i >> 7) % 5) * 0.01;
  tuned.set(new Uint8Array(values.buffer), start);
  writeFileSync(at("tuned.safetensors"), tuned);
  writeFileSync(at("text.txt"), "the cat sat on the mat and the dog on the log ".repeat(2000));
  const made = { base: at("base.safetensors"), tuned: at("tuned.safetensors"), packed: at("packed.safetensors") };
  worked(await ran(["compress", made.base, "--rank", "8", "--output", made.packed]));
  worked(await ran(["analyze", made.base, "--journal", at("whole.jsonl"), "--quiet"]));
  return { ...made, journal: at("whole.jsonl"), text: at("text.txt"), bytes };
}

/**
 * Every command that writes, into a folder of its own.
 * @param {Awaited<ReturnType<typeof makeInputs>>} inputs
 * @returns {{ name: string, args: (own: string) => string[] }[]}
 */
export const writers = ({ base, tuned, packed, journal }) => [
  {
    name: "analyze --journal",
    args: (own) => [
      ...["analyze", base, "--permutations", "20", "--format", "json", "--threads", "1"],
      ...["--journal", path.join(own, "journal"), "--output", path.join(own, "report.json")],
    ],
  },
  {
    name: "merge",
    args: (own) => ["merge", base, journal, "--format", "json", "--output", path.join(own, "report.json")],
  },
  {
    name: "compress",
    args: (own) => ["compress", base, "--rank", "8", "--output", path.join(own, "small.safetensors"), "--quiet"],
  },
  {
    name: "restore",
    args: (own) => ["restore", packed, "--output", path.join(own, "full.safetensors"), "--quiet"],
  },
  {
    name: "compare --adapter",
    args: (own) => [
      ...["compare", base, tuned, "--adapter", path.join(own, "adapter"), "--rank", "4", "--threads", "1"],
      ...["--format", "json", "--output", path.join(own, "report.json")],
    ],
  },
  {
    name: "compress --sweep",
    args: (own) => [
      ...["compress", base, "--sweep", "1/8,1/4,1/2", "--evaluate", "wc -c < {}", "--format", "csv"],
      ...["--journal", path.join(own, "journal"), "--output", path.join(own, "report.csv")],
    ],
  },
];
