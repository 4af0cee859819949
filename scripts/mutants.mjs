/**
 * Changes arithmetic, comparisons, constants and conditions, one at a time, in a copy of the tree, and names those that
 * no test notices.
 *   node scripts/mutants.mjs [--every N] [--near] [FILE or FOLDER…]   src/spectra, src/bytes and src/report by default
 * --every N takes one of N mutants, for a look. A mutant meets the tests of its own room first (src/bytes: test/bytes),
 * which are quick, and those of everything that imports it only where they let it pass; --near leaves it at the first.
 * A mutant that a test waits for without end counts as noticed.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const given = process.argv.slice(2);
const every = given[0] === "--every" ? Number(given.splice(0, 2)[1]) : 1;
const near = given[0] === "--near" && given.shift() !== undefined;
const asked = given.length > 0 ? given : ["src/spectra", "src/bytes", "src/report"];
/** A mutant never ends that takes this many times what its tests take without it. */
const PATIENCE = 5;

/** Operator → what takes its place. */
const operators = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
};

/**
 * @param {string} file
 * @returns {{ start: number, end: number, text: string, line: number }[]}
 */
function mutantsOf(file) {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  /** @param {ts.Node} node @param {string} by */
  const put = (node, by) => {
    const start = node.getStart();
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ start, end: node.getEnd(), text: by, line });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isThrowStatement(node)) return;
    if (ts.isBinaryExpression(node) && operators[node.operatorToken.getText()])
      put(node.operatorToken, operators[node.operatorToken.getText()]);
    if (ts.isNumericLiteral(node)) put(node, node.text === "0" ? "1" : "0");
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      put(condition, `!(${condition.getText()})`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** @param {string} place @returns {string[]} */
const filesOf = (place) =>
  statSync(place).isDirectory()
    ? readdirSync(place).flatMap((name) => filesOf(path.join(place, name)))
    : place.endsWith(".ts")
      ? [place]
      : [];

/**
 * @param {string} file of src/
 * @returns {string} the folder of test/ that is nearest to it
 */
function roomOf(file) {
  let folder = path.dirname(file).replace("src", "test");
  while (!existsSync(folder)) folder = path.dirname(folder);
  return folder;
}

/** Tests → milliseconds they may take. */
const limits = new Map();

/**
 * @param {string[]} tests
 * @returns {Promise<boolean>} whether all of them pass, in time
 */
async function pass(...tests) {
  const key = tests.join(" ");
  if (!limits.has(key)) throw new Error(`npx vitest ${key}: fails without any mutant`);
  return run(limits.get(key), tests);
}

/** @param {string[]} tests they have to pass before any mutant meets them */
async function measure(...tests) {
  const key = tests.join(" ");
  if (limits.has(key)) return;
  const began = performance.now();
  if (await run(1_800_000, tests)) limits.set(key, 10_000 + PATIENCE * (performance.now() - began));
}

/** @param {number} limit @param {string[]} tests */
async function run(limit, tests) {
  const command = ["node_modules/vitest/vitest.mjs", ...tests, "--run", "--bail", "1"];
  // A group of its own: where a mutant never ends, the workers must end with the one that started them.
  const child = spawn(process.execPath, command, { stdio: "ignore", detached: true });
  const end = () => child.pid && process.kill(-child.pid, "SIGKILL");
  const timer = setTimeout(end, limit);
  process.once("exit", end);
  const [status] = await once(child, "exit");
  process.off("exit", end);
  clearTimeout(timer);
  return status === 0;
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => process.exit(1));

process.chdir(root);
const copy = mkdtempSync(path.join(tmpdir(), "weightscope-mutants-"));
let survivors = 0;
let noticed = 0;
try {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  for (const file of listed.split("\n").filter(Boolean)) cpSync(file, path.join(copy, file));
  for (const folder of ["node_modules", "build", "dist"]) symlinkSync(path.join(root, folder), path.join(copy, folder));
  // From here on in the copy: the tree may change meanwhile.
  process.chdir(copy);
  execFileSync("git", ["init", "-q"]);
  for (const file of asked.flatMap(filesOf)) {
    const text = readFileSync(file, "utf8");
    const mutants = mutantsOf(file).filter((_, i) => i % every === 0);
    if (mutants.length > 0) await measure(roomOf(file));
    if (mutants.length > 0 && !near) await measure("related", file);
    for (const { start, end, text: by, line } of mutants) {
      writeFileSync(file, text.slice(0, start) + by + text.slice(end));
      const survived = (await pass(roomOf(file))) && (near || (await pass("related", file)));
      if (survived) {
        survivors++;
        console.log(`survived: ${file}:${line}: ${text.slice(start, end)} → ${by}`);
      } else noticed++;
    }
    writeFileSync(file, text);
    console.log(`${file}: ${mutants.length} mutants`);
  }
} finally {
  process.chdir(root);
  rmSync(copy, { recursive: true });
}
console.log(`${noticed} noticed, ${survivors} survived`);
