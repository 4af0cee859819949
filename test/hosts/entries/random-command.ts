/** Node, Deno and Bun: `command.js EXAMPLE [KERNELS]` prints the hashes of the random cases as JSON. */
import { readFile } from "node:fs/promises";
import { load } from "weightscope";
import { runRandom } from "../random.js";

/** Put in by bundle.mjs. */
declare const RANDOM: { first: number; count: number };

const kernels = process.argv[3] && (await readFile(process.argv[3]));
const module = kernels ? await WebAssembly.compile(new Uint8Array(kernels)) : undefined;
console.log(JSON.stringify(await runRandom(await load({ module }), RANDOM.first, RANDOM.count, module)));
