/** The held-out texts, cut into tokens, and how often each token stands in the text that the models were trained on. */
import { readFile } from "node:fs/promises";

const folder = new URL("text/", import.meta.url);

/** Bytes of the Llama: token = byte + 3 of 288, of which 0, 1 and 2 are special and those past 258 never seen. */
export const bytes = {
  unit: "byte",
  file: new URL("adam-bede.txt", folder),
  async load() {
    const counts = new Float64Array(288);
    for (const [byte, count] of Object.entries(JSON.parse(await readFile(new URL("byte-counts.json", folder), "utf8"))))
      counts[Number(byte) + 3] = count;
    return { counts, tokens: (text) => Int32Array.from(text, (byte) => byte + 3) };
  },
};

/** Words and marks of lower-cased text. */
export const WORDS = /[a-z']+|[^a-z'\s]/g;

/** Words of the GPT: the most frequent by rank from 1, 0 for all others. */
export const words = {
  unit: "word",
  file: new URL("tinyshakespeare.txt", folder),
  async load() {
    const lines = (await readFile(new URL("word-counts.txt", folder), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    const ids = new Map(lines.slice(1).map(([word], i) => [word, i + 1]));
    return {
      counts: Float64Array.from(lines, ([, count]) => Number(count)),
      tokens: (text) =>
        Int32Array.from(new TextDecoder().decode(text).toLowerCase().match(WORDS) ?? [], (word) => ids.get(word) ?? 0),
    };
  },
};

/** Inputs and targets of windows of `length` tokens that do not overlap; every `every`-th of them. */
export function windows(tokens, length, every) {
  const inputs = [];
  const targets = [];
  for (let window = 0; (window + 1) * length < tokens.length; window += every) {
    inputs.push(tokens.subarray(window * length, (window + 1) * length));
    targets.push(tokens.subarray(window * length + 1, (window + 1) * length + 1));
  }
  return { inputs, targets };
}

/**
 * Mean loss of predicting each target by its frequency alone, half a count added to every token (Krichevsky & Trofimov
 * 1981).
 */
export function unigram(counts, targets) {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  let sum = 0;
  let n = 0;
  for (const window of targets) {
    for (const token of window) sum -= Math.log((counts[token] + 0.5) / total);
    n += window.length;
  }
  return sum / n;
}
