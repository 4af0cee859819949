import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/**
 * Members of an interface of src/kernels/exports.ts and of those it extends: functions with their numbers of
 * parameters.
 */
function declared(name: string): Map<string, number | null> {
  const file = "src/kernels/exports.ts";
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found = source.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name)!;
  const above = (found.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.expression.getText()));
  const members = new Map(above.flatMap((one) => [...declared(one)]));
  for (const member of found.members)
    members.set(member.name!.getText(), ts.isMethodSignature(member) ? member.parameters.length : null);
  return members;
}

/** Exports of a module: functions with their numbers of parameters, from its own type and function sections. */
async function exported(name: string): Promise<Map<string, number | null>> {
  const module = await WebAssembly.compile(readFileSync(`build/${name}.wasm`));
  const { exports } = await WebAssembly.instantiate(module);
  // An exported function's `length` is its number of parameters (WebAssembly JavaScript Interface, §5.6).
  return new Map(Object.entries(exports).map(([key, one]) => [key, typeof one === "function" ? one.length : null]));
}

/** The relaxed module, which not every host compiles, is built from the same source as the plain one. */
describe("the signatures of the kernels", () => {
  it.each([
    ["KernelExports", "plain"],
    ["QuantizedExports", "quantized"],
  ])("%s are what the module %s exports, no more and no less", async (name, module) => {
    const sorted = (members: Map<string, number | null>) => [...members].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(declared(name))).toEqual(sorted(await exported(module)));
  });
});
