import { bundleFor } from "./bundle.mjs";

/** Differing cases that are named; the others are counted. */
const NAMED = 20;
/** Emulated hosts and unoptimised kernels take the first of the cases alone. */
const LIGHT = 200;

/**
 * Runs seeded cases (random.ts) in every host and holds their hashes against the first host's. Prints a line a host.
 * @returns what differs, in words: the case, how to repeat it, and where
 */
export async function differences(hosts, { first, count }) {
  const problems = [];
  const outcomes = new Map();
  for (const host of [...hosts].sort((a, b) => Number(a.light ?? false) - Number(b.light ?? false))) {
    const cases = { first, count: host.light ? Math.min(count, LIGHT) : count };
    const started = Date.now();
    try {
      const folder = await bundleFor(host.kind, undefined, cases);
      outcomes.set(host.name, await host.run(folder, 300 + cases.count * (host.light ? 2 : 0.1)));
    } catch (error) {
      problems.push(`${host.name}: random cases: ${error?.message ?? error}`);
    }
    const mark = outcomes.has(host.name) ? "✓" : "✗";
    console.error(
      `${mark} ${host.name}: ${cases.count} random cases (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
  }
  const [reference] = outcomes.values();
  if (!reference) return problems;
  let differing = 0;
  for (const [k, hash] of reference.hashes.entries()) {
    const others = [...outcomes]
      .filter(([, { hashes }]) => k < hashes.length && hashes[k] !== hash)
      .map(([name]) => name);
    if (others.length === 0) continue;
    differing++;
    const which = `case ${first + k}, ${reference.names[k]}`;
    const again = `npm run test:hosts -- --random 1 --first ${first + k}`;
    if (differing <= NAMED) problems.push(`${which}: other bits in ${others.join(", ")} (${again})`);
  }
  if (differing > NAMED) problems.push(`${differing - NAMED} more random cases with other bits`);
  const distinct = new Set(reference.hashes).size;
  const verdict = differing === 0 ? "the same bits" : `${differing} with other bits`;
  const answers = `${reference.hashes.length} random cases, ${distinct} distinct answers`;
  console.log(`
${answers}, in ${outcomes.size} hosts: ${verdict}.`);
  return problems;
}
