/**
 * What a checkpoint of one of this project's two models still does on text that it was not trained on:
 *   node examples/evaluate/evaluate.mjs FILE [--adapter DIR] [--every N] [--text FILE] [--from FILE|LOSS]
 *     [--reference FILE|LOSS] [--print loss|function|all]
 * The last number printed is the function kept, (unigram − loss) / (unigram − reference loss), or the loss where no
 * reference is known. --from puts another checkpoint in the place of the unigram model: of a fine-tune, its base.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { evaluate } from "./loss.mjs";

const usage =
  "usage: evaluate.mjs FILE [--adapter DIR] [--every N] [--text FILE] [--from FILE|LOSS] [--reference FILE|LOSS] " +
  "[--print loss|function|all]";
/** The trained Llama ships with the project; the GPT does not. */
const bundled = {
  "byte-level Llama": fileURLToPath(new URL("../selftrained-llama-en.bf16.safetensors", import.meta.url)),
};

function fail(text, status) {
  process.stderr.write(`evaluate: ${text}\n`);
  process.exit(status);
}

function given() {
  try {
    const options = Object.fromEntries(
      ["adapter", "every", "text", "from", "reference", "print"].map((name) => [name, { type: "string" }]),
    );
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const every = Number(values.every ?? 1);
    const print = values.print ?? "all";
    if (positionals.length !== 1) throw new Error("one FILE");
    if (!(Number.isInteger(every) && every > 0))
      throw new Error(`--every takes a whole number from 1, not ${values.every}`);
    if (!["loss", "function", "all"].includes(print))
      throw new Error(`--print takes loss, function or all, not ${print}`);
    return { ...values, file: positionals[0], every, print };
  } catch (error) {
    fail(`${error.message}; ${usage}`, 2);
  }
}

async function lossOf(reference, options) {
  if (reference === undefined) return undefined;
  return /^\d+(\.\d+)?$/.test(reference) ? Number(reference) : (await evaluate(reference, options)).loss;
}

const { file, adapter, every, text, from, reference, print } = given();
try {
  const options = { every, text: text === undefined ? undefined : await readFile(text) };
  const { model, unit, windows, length, loss, unigram } = await evaluate(file, { ...options, adapter });
  const best = print === "loss" ? undefined : await lossOf(reference ?? bundled[model], options);
  const least = print === "loss" || from === undefined ? unigram : await lossOf(from, options);
  if (print === "function" && best === undefined)
    throw new Error(`${file}: the function kept of a ${model} needs --reference FILE|LOSS`);
  const kept = (least - loss) / (least - best);
  if (print === "loss") console.log(loss.toFixed(4));
  if (print === "function") console.log(kept.toFixed(4));
  if (print === "all") {
    console.log(`${model}, ${windows} windows of ${length} ${unit}s`);
    console.log(`counting ${unit}s   ${unigram.toFixed(4)} nats a ${unit}`);
    if (from !== undefined) console.log(`from             ${least.toFixed(4)}`);
    if (best !== undefined) console.log(`reference        ${best.toFixed(4)}`);
    console.log(`loss             ${loss.toFixed(4)}`);
    if (best !== undefined) console.log(`function kept    ${kept.toFixed(4)}`);
  }
} catch (error) {
  fail(error.message, 1);
}
