// CommonJS: writes the report that the other consumers must give.
const { readFileSync, writeFileSync } = require("node:fs");

const bytes = () => new Uint8Array(readFileSync(process.env.EXAMPLE));

test("import() of the package", async () => {
  const { analyze, load } = await import("weightscope");
  const { norm } = (await load()).norms({ rows: 1, columns: 2, data: Float32Array.of(3, 4) });
  expect(norm).toBe(5);
  writeFileSync("imported.json", JSON.stringify(await analyze(bytes(), { threads: 2 })));
}, 60_000);

// Jest's own require takes ES modules from Node 24.9 on.
if (process.env.REQUIRES) {
  test("require() of the package", async () => {
    const { analyze } = require("weightscope");
    writeFileSync("required.json", JSON.stringify(await analyze(bytes(), { threads: 2 })));
  }, 60_000);
}
