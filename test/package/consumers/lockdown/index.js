// SES: every intrinsic is frozen before the package is imported. Prints the report that the other consumers must print.
import "ses";
import { readFile } from "node:fs/promises";

lockdown();
const { analyze, load } = await import("weightscope");
const { norm } = (await load()).norms({ rows: 1, columns: 2, data: Float32Array.of(3, 4) });
if (norm !== 5) throw new Error("wrong answers");
console.log(JSON.stringify(await analyze(new Uint8Array(await readFile(process.argv[2])), { threads: 2 })));
