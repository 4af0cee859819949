/**
 * Timing without a framework. Whatever is compared takes turns, repetition by repetition, in one run; figures are
 * medians of processor time (user and system, of the whole process), so that other work on the machine counts as little
 * as it can.
 */
import { cpus, totalmem } from "node:os";

const secondsOf = ({ user, system }) => (user + system) / 1e6;

/** Processor seconds that `work` takes, `inner` times over. */
export function timed(work, inner = 1) {
  const before = process.cpuUsage();
  for (let i = 0; i < inner; i++) work();
  return secondsOf(process.cpuUsage(before)) / inner;
}

/** The same for work that awaits. */
export async function timedAsync(work) {
  const before = process.cpuUsage();
  await work();
  return secondsOf(process.cpuUsage(before));
}

const sorted = (values) => [...values].sort((a, b) => a - b);

export function quantile(values, share) {
  const ordered = sorted(values);
  const at = share * (ordered.length - 1);
  const low = Math.floor(at);
  return ordered[low] + (at - low) * ((ordered[low + 1] ?? ordered[low]) - ordered[low]);
}

export const median = (values) => quantile(values, 0.5);

/**
 * Runs contestants, name → () => seconds (or a promise of them), in turns, after one turn that does not count. Those of
 * `slow` run in the middle turn only. Gives name → { seconds: median, low, high (quartiles), all }.
 */
export async function inTurns(contestants, repetitions, slow = {}) {
  const all = Object.fromEntries(Object.keys({ ...contestants, ...slow }).map((name) => [name, []]));
  for (let repetition = -1; repetition < repetitions; repetition++) {
    const runs = repetition === repetitions >> 1 ? { ...contestants, ...slow } : contestants;
    for (const [name, run] of Object.entries(runs)) {
      const seconds = await run();
      if (repetition >= 0) all[name].push(seconds);
    }
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [
      name,
      { seconds: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75), all: values },
    ]),
  );
}

/** The other's time over ours, the median over turns where both have all of them: above 1, ours is the faster. */
export const ratioOf = (ours, other) =>
  ours.all.length === other.all.length
    ? median(ours.all.map((seconds, i) => other.all[i] / seconds))
    : other.seconds / ours.seconds;

/** Slope of log(seconds) over log(size), least squares. */
export function exponentOf(sizes, seconds) {
  const x = sizes.map(Math.log);
  const y = seconds.map(Math.log);
  const n = x.length;
  const mean = (values) => values.reduce((a, b) => a + b, 0) / n;
  const mx = mean(x);
  const my = mean(y);
  return x.reduce((sum, xi, i) => sum + (xi - mx) * (y[i] - my), 0) / x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
}

/** Three significant figures. */
export function number(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

export const milliseconds = ({ seconds, low, high }) =>
  `${number(seconds * 1e3)} (${number(low * 1e3)}–${number(high * 1e3)})`;

export const table = (head, rows) =>
  [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---").join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");

/** "met" or "missed" beside a wanted ratio. */
export const against = (ratio, target) =>
  target === undefined ? "–" : `${target} × ${ratio >= target ? "met" : "missed"}`;

export function describeMachine() {
  const [{ model }] = cpus();
  return (
    `${model.trim()}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB; Node ${process.version}, ` +
    `V8 ${process.versions.v8}, ${process.platform} ${process.arch}`
  );
}

/** The processor's own name for its family: the virtual machine may hide the model. */
export async function describeFamily() {
  const { readFile } = await import("node:fs/promises");
  try {
    const text = await readFile("/proc/cpuinfo", "utf8");
    const field = (name) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1];
    const wide = ["avx2", "avx512f"].filter((flag) => new RegExp(`\\b${flag}\\b`).test(field("flags") ?? ""));
    return `${field("vendor_id")} family ${field("cpu family")} model ${field("model")}, ${wide.join(", ")}`;
  } catch {
    return "";
  }
}

let state = 1;
/** Seeded uniform numbers in (0, 1): plain xorshift, for data only. */
export function uniform() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return ((state >>> 8) + 0.5) / 16777216;
}
export function seed(value) {
  state = value | 0 || 1;
}

/** A normal deviate, near enough for data: twelve uniforms. */
function deviate() {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += uniform();
  return sum;
}

export function noise(count, size = 1) {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = size * deviate();
  return values;
}
