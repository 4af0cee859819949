import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { manyMatrices } from "../../test/queue/server.mjs";
import { median, number, table } from "../harness.mjs";
import { interpreter } from "../python.mjs";

export const title = "Parts: two processes from a local file, without a server";

const MATRICES = 80;
/** @type {[number, number]} */
const SHAPE = [1024, 1024];
const TURNS = 3;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Wall and processor seconds of one command of ours. */
async function spent(folder, ...given) {
  const command = [process.execPath, here("../../dist/cli.js"), ...given, "--threads", "1", "--quiet"];
  const output = path.join(folder, "printed");
  const { stdout } = await promisify(execFile)(interpreter, [here("../child.py"), output, ...command]);
  const found = JSON.parse(stdout);
  if (found.status !== 0) throw new Error(`${given.join(" ")} ended with status ${found.status}`);
  return found;
}

/** Wall seconds from the first start to the last end, and processor seconds of all. */
async function whole(work) {
  const began = performance.now();
  const found = await work();
  return {
    wall: (performance.now() - began) / 1e3,
    processor: found.reduce((sum, { processor }) => sum + processor, 0),
  };
}

export async function measure({ matrices = MATRICES, turnsWanted = TURNS }) {
  const folder = mkdtempSync(path.join(tmpdir(), "weightscope-bench-parts-"));
  const at = (name) => path.join(folder, name);
  const file = at("model.safetensors");
  writeFileSync(file, manyMatrices(matrices, SHAPE));
  const analyze = ["analyze", file, "--spectrum", "all"];
  const report = (name) => ["--format", "json", "--output", at(name)];
  const turn = async () => {
    for (const name of ["1.jsonl", "2.jsonl", "one.json", "two.json"]) rmSync(at(name), { force: true });
    const one = await whole(async () => [await spent(folder, ...analyze, ...report("one.json"))]);
    const two = await whole(async () => {
      const part = (k) => spent(at(`${k}`), ...analyze, "--part", `${k}/2`, "--journal", at(`${k}.jsonl`));
      const parts = await Promise.all([part(1), part(2)]);
      return [...parts, await spent(folder, "merge", file, at("1.jsonl"), at("2.jsonl"), ...report("two.json"))];
    });
    if (!readFileSync(at("one.json")).equals(readFileSync(at("two.json")))) throw new Error("another report");
    return { one, two };
  };
  try {
    for (const k of [1, 2]) mkdirSync(at(`${k}`));
    const turns = [];
    for (let k = 0; k < turnsWanted; k++) turns.push(await turn());
    const of = (what) => median(turns.map(what));
    return [
      table(
        ["", "one process, s", "two and merge, s", "ratio", "target"],
        [
          [
            "wall time, one over two",
            number(of(({ one }) => one.wall)),
            number(of(({ two }) => two.wall)),
            number(of(({ one, two }) => one.wall / two.wall)),
            "≥ 1.8",
          ],
          [
            "processor time, two over one",
            number(of(({ one }) => one.processor)),
            number(of(({ two }) => two.processor)),
            number(of(({ one, two }) => two.processor / one.processor)),
            "≤ 1.05",
          ],
        ],
      ),
      `All singular values of ${matrices} matrices of ${SHAPE.join(" × ")}: \`analyze --threads 1\` against ` +
        "`--part 1/2` and `--part 2/2` at the same time, and then `merge`; reports compared byte by byte. Medians of " +
        `${turnsWanted} turns. Wall time says something only where two cores have no other work.`,
    ].join("\n\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
