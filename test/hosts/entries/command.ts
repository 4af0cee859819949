/**
 * Node, Deno and Bun: `command.js EXAMPLE [KERNELS]` prints the outcome as JSON; with LIGHT set, without the cases that
 * repeat another.
 */
import { readFile } from "node:fs/promises";
import { run } from "../suite.js";

const [example, kernels] = await Promise.all(process.argv.slice(2).map((file) => readFile(file)));
const module = kernels ? await WebAssembly.compile(new Uint8Array(kernels)) : undefined;
console.log(JSON.stringify(await run({ example: new Uint8Array(example), module, light: Boolean(process.env.LIGHT) })));
