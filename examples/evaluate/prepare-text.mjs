/**
 * Writes text/: the held-out ends of what the two models were trained on, and the counts of the rest.
 *   node examples/evaluate/prepare-text.mjs FOLDER
 * FOLDER holds the novels and Shakespeare under the names of the models' config.json.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { WORDS } from "./text.mjs";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: prepare-text.mjs FOLDER");
const target = (name) => new URL(`text/${name}`, import.meta.url);
const read = (names) => Promise.all(names.map((name) => readFile(path.join(folder, name))));

const BLEAK = "Dickens_Bleak_1853.txt";
const EXPECTATIONS = "Dickens_Expectations_1861.txt";
const JANE = "Cbronte_Jane_1847.txt";
const ADAM = "Eliot_Adam_1859.txt";
/** Predictions held out, one token more to begin with; words that the GPT knows. */
const BYTES = 131_072;
const HELD_OUT_WORDS = 24_576;
/** Predictions of the text that the Llama's fine-tunes were trained on. */
const SHAKESPEARE = 32_768;
const VOCABULARY = 7635;

const all = Buffer.concat(await read([BLEAK, EXPECTATIONS, JANE, ADAM]));
const cut = all.length - BYTES - 1;
const counts = {};
for (const byte of all.subarray(0, cut)) counts[byte] = (counts[byte] ?? 0) + 1;
await writeFile(target("adam-bede.txt"), all.subarray(cut));
await writeFile(target("byte-counts.json"), `${JSON.stringify(counts)}\n`);

const texts = (await read([JANE, BLEAK, EXPECTATIONS, ADAM, "tinyshakespeare.txt"])).map((text) =>
  new TextDecoder().decode(text).toLowerCase(),
);
const tokens = texts.flatMap((text) => text.match(WORDS));
const first = tokens.length - HELD_OUT_WORDS - 1;
const frequency = new Map();
for (const word of tokens) frequency.set(word, (frequency.get(word) ?? 0) + 1);
// Ties keep the order of first appearance.
const vocabulary = [...frequency]
  .sort(([, a], [, b]) => b - a)
  .slice(0, VOCABULARY)
  .map(([word]) => word);
const known = new Map(vocabulary.map((word) => [word, 0]));
let others = 0;
for (const word of tokens.slice(0, first)) known.has(word) ? known.set(word, known.get(word) + 1) : others++;
await writeFile(
  target("word-counts.txt"),
  [`<other> ${others}`, ...[...known].map(([word, count]) => `${word} ${count}`)].join("\n") + "\n",
);
const shakespeare = await readFile(path.join(folder, "tinyshakespeare.txt"));
await writeFile(target("shakespeare.txt"), shakespeare.subarray(shakespeare.length - SHAKESPEARE - 1));
const last = texts.at(-1);
const matches = [...last.matchAll(WORDS)];
await writeFile(target("tinyshakespeare.txt"), last.slice(matches.at(-HELD_OUT_WORDS - 1).index));
