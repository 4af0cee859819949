// ts-node compiles this to CommonJS, whose require() Node answers with the ES module (20.19 and newer).
import { readFileSync } from "node:fs";
import { analyze, load, type Report } from "weightscope";

async function main(file: string): Promise<void> {
  const { norm } = (await load()).norms({ rows: 1, columns: 2, data: Float32Array.of(3, 4) });
  if (norm !== 5) throw new Error("wrong answers");
  const report: Report = await analyze(new Uint8Array(readFileSync(file)), { threads: 2 });
  console.log(JSON.stringify(report));
}

void main(process.argv[2] as string);
