import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hosts, programs } from "../../test/hosts/hosts.mjs";
import { makeCheckpoint } from "../checkpoint.mjs";
import { median, number, table } from "../harness.mjs";

export const title = "Other engines";

const N = 1024;
const ROUNDS = 5;
/**
 * Operations of each kernel on N × N weights, or weights where operations say little.
 * @type {Record<string, [what: string, operations: number]>}
 */
const rates = {
  gram: ["Gram, GFLOP/s", N ** 3],
  apply: ["eight vectors through WᵀW, GFLOP/s", 32 * N * N],
  fit: ["fit, K = 64, million weights/s", 1e3 * N * N],
  moments: ["moments, million weights/s", 1e3 * N * N],
  decode: ["bf16 decoded, million weights/s", 1e3 * N * N],
};

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

function engines() {
  const nodes = hosts
    .filter(({ name, program, light }) => /^Node \d+$/.test(name) && program && !light)
    .map(({ name, program }) => ({ name, line: [program] }));
  return [
    ...nodes,
    ...(programs.deno ? [{ name: "Deno", line: [programs.deno, "run", "-A"] }] : []),
    ...(programs.bun ? [{ name: "Bun", line: [programs.bun] }] : []),
  ];
}

/** The same kernels and the whole job in every Node that `npm run hosts:install` brings, Deno and Bun, in turns. */
export async function measure() {
  const found = engines();
  const { file } = await makeCheckpoint("100M");
  const rows = [];
  const whole = [];
  const spent = new Map(found.flatMap(({ name }) => ["plain", "relaxed"].map((build) => [`${name} ${build}`, []])));
  const seconds = new Map(found.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const {
      name,
      line: [program, ...flags],
    } of found) {
      for (const build of ["plain", "relaxed"]) {
        const one = JSON.parse(
          execFileSync(program, [...flags, path("../engine.mjs"), path(`../../build/${build}.wasm`)], {
            encoding: "utf8",
          }),
        );
        if (one) spent.get(`${name} ${build}`).push(one);
      }
      const began = performance.now();
      execFileSync(
        program,
        [...flags, path("../../dist/cli.js"), "analyze", file, "--format", "json", "--quiet", "--threads", "1"],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      if (round > 0) seconds.get(name).push((performance.now() - began) / 1e3);
    }
  }
  for (const [name, rounds] of spent) {
    if (rounds.length > 0)
      rows.push([
        name,
        ...Object.entries(rates).map(([kernel, [, operations]]) =>
          number(operations / median(rounds.map((one) => one[kernel])) / 1e6),
        ),
      ]);
  }
  for (const [name, values] of seconds)
    whole.push([name, number(median(values)), number(median(seconds.get(found[0].name)) / median(values))]);
  return `${table(["engine and build", ...Object.values(rates).map(([what]) => what)], rows)}

${N} × ${N} weights, medians of ${ROUNDS} processes in turns, wall time. Node 20 refuses the relaxed module without \
its flag.

${table(["the whole job, 100M weights, one thread", "wall, s", "times as fast as the first"], whole)}`;
}
