import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { colourNames } from "../../src/report/html/style.js";
import { WeightScopeElement } from "../../src/web/element.js";
import { ATTRIBUTES } from "../../src/web/element-attributes.js";
import type { WeightScopeEvents } from "../../src/web/element-types.js";
import { reportOf } from "../../src/web/saved-report.js";
import { report } from "./report.js";

const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(file(name), "utf8");
const [element] = JSON.parse(read("custom-elements.json")).modules[0].declarations as [
  Record<"attributes" | "members" | "events" | "slots" | "cssParts" | "cssProperties", { name: string }[]>,
];
const names = (of: keyof typeof element): string[] => element[of].map(({ name }) => name).sort();

describe("custom-elements.json", () => {
  it("has the attributes, and the property that reflects each", () => {
    expect(names("attributes")).toEqual([...WeightScopeElement.observedAttributes].sort());
    for (const [property, { name, kind }] of Object.entries(ATTRIBUTES)) {
      const text = { text: "string | null", number: "number | null", present: "boolean" }[kind];
      const described = { attribute: name, reflects: true, type: { text } };
      expect(element.members.find((member) => member.name === property)).toMatchObject(described);
      expect(element.attributes.find((attribute) => attribute.name === name)).toMatchObject({ fieldName: property });
    }
  });

  it("has every property and method that pages may use, and no other", () => {
    const source = read("src/web/element.ts");
    const open = Object.getOwnPropertyNames(WeightScopeElement.prototype).filter(
      (name) =>
        name !== "constructor" &&
        !name.endsWith("Callback") &&
        !new RegExp(`private (async |get )?${name}\\b`).test(source),
    );
    expect(names("members")).toEqual(open.sort());
  });

  it("has the events, slots, parts and custom properties that the code has", () => {
    const known = { opened: 1, progress: 1, report: 1, matrix: 1, failed: 1, cancelled: 1 } satisfies Record<
      keyof WeightScopeEvents,
      1
    >;
    expect(names("events")).toEqual(Object.keys(known).sort());
    const view = read("src/web/element-view.ts");
    const found = (pattern: RegExp): string[] => [...view.matchAll(pattern)].map(([, name]) => name).sort();
    expect(names("slots")).toEqual(found(/make\("slot", \{ name: "([a-z]+)"/g));
    expect(names("cssParts")).toEqual(found(/\bpart: "([a-z]+)"/g));
    expect(names("cssProperties")).toEqual([...colourNames, "font"].map((name) => `--weightscope-${name}`).sort());
  });

  it("is what JSX is told of attributes", () => {
    const types = read("src/web/element-types.ts");
    for (const name of names("attributes")) expect(types).toMatch(new RegExp(`\\n {2}"?${name}"?\\?: `));
  });
});

it("can be imported where there is no document, and defines nothing there", () => {
  const module = JSON.stringify(file("dist/element.js"));
  const program = `import(${module}).then((it) => console.log(typeof it.WeightScopeElement))`;
  expect(execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }).trim()).toBe("function");
});

it("refuses what is no saved report in one line", async () => {
  const made = JSON.parse(JSON.stringify(await report())) as object;
  expect(reportOf(made, "r.json")).toBe(made);
  for (const [given, why] of [
    [null, /^r\.json: this is not a report$/],
    [[], /this is not a report$/],
    [{ schemaVersion: 1 }, /a report of version 1, not 2$/],
    [{ schemaVersion: 2 }, /not a report of an analysis$/],
    [{ ...made, summary: {} }, /has no summary$/],
    [{ ...made, matrices: {} }, /has no matrices$/],
    [{ ...made, matrices: [{ name: "a" }] }, /a matrix without figures$/],
  ] as const)
    expect(() => reportOf(given, "r.json")).toThrow(why);
});
