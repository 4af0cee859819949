/** Examples with dependencies: installed and built as a reader would, beside the packed package, and opened. */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { visitFolder } from "../hosts/browsers.mjs";
import { example, programs } from "../hosts/hosts.mjs";
import { run } from "../hosts/processes.mjs";
import { given, npm, root, work } from "./projects.mjs";

/** Waits in the built page until the element and the page have the report, and posts what both say. */
const driver = `
const until = async (look) => {
  for (;;) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const element = await until(() => document.querySelector("weight-scope"));
const report = await until(() => element.report);
const status = await until(() => /above noise/.exec(document.querySelector("[role=status]").textContent)?.input);
const shown = element.shadowRoot.textContent;
await fetch("/result", { method: "POST", body: JSON.stringify({ report, status, shown }) });
`;

async function opened(name) {
  const folder = path.join(work, `${name}-example`);
  const place = path.join(folder, "examples", name);
  await mkdir(place, { recursive: true });
  await run("tar", ["xzf", given.tarball, "-C", folder, "--strip-components=1"]);
  await symlink(example, path.join(folder, "examples", path.basename(example)));
  await cp(path.join(root, "examples", name), place, {
    recursive: true,
    filter: (file) => !["node_modules", "dist"].includes(path.basename(file)),
  });
  const install = () => npm(["ci"], place);
  await install().catch(install); // once more: a registry may fail in passing
  await run("npm", ["run", "build"], { cwd: place });
  const built = path.join(place, "dist");
  const html = await readFile(path.join(built, "index.html"), "utf8");
  await writeFile(path.join(built, "driver.js"), driver);
  const scripts = '<script src="/reporter.js"></script><script type="module" src="/driver.js"></script>';
  await writeFile(path.join(built, "index.html"), html.replace("</head>", `${scripts}</head>`));
  const { report, status, shown } = JSON.parse(await visitFolder("chromium", programs.chromium, built));
  const { analyze } = await import("weightscope");
  const wanted = await analyze(new Uint8Array(await readFile(example)), { gaussians: report.options.gaussians });
  if (JSON.stringify(report.matrices) !== JSON.stringify(wanted.matrices)) throw new Error("other figures than Node's");
  const { directions, of } = wanted.summary.signal;
  if (status !== `${directions} of ${of} directions stand above noise`) throw new Error(`the page says ${status}`);
  if (!shown.includes("directions stand above noise")) throw new Error("the element shows no answer");
  return null;
}

/** They compare by themselves. */
export const frameworks = {
  "React example, Chromium": [programs.chromium, () => opened("react")],
  "Vite example, Chromium": [programs.chromium, () => opened("vite")],
};
