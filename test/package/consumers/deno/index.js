// Deno, by an `npm:` specifier: prints the report that the other consumers must print too.

import { readFile } from "node:fs/promises";
import process from "node:process";
import { analyze, load, openCheckpoint } from "npm:weightscope";

const [file] = process.argv.slice(2);
const checkpoint = await openCheckpoint(file);
const kernels = await load();
const { norm } = kernels.norms({ rows: 1, columns: 2, data: Float32Array.of(3, 4) });
if (checkpoint.tensors.length === 0 || norm !== 5) throw new Error("wrong answers");
await checkpoint.close();
console.log(JSON.stringify(await analyze(new Uint8Array(await readFile(file)), { threads: 2 })));
