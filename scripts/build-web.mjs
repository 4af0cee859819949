/**
 * The page (dist/web) and the element (dist/element.js), from src/web. Called by build.mjs, after the workers' script
 * was made.
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { transform } from "esbuild";
import { build } from "./bundle.mjs";

/** @satisfies {import("esbuild").BuildOptions} */
const common = /** @type {const} */ ({
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  mainFields: /** @type {string[]} */ (["module", "main"]),
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});

/** Chunks lie beside their entries: what is found by a path relative to the script is found from either. */
const split = /** @type {const} */ ({ splitting: true, chunkNames: "[name]-[hash]" });

export async function buildWeb(hostAlias) {
  await mkdir("dist/web", { recursive: true });
  const plugins = [hostAlias("browser")];
  await Promise.all([
    build({ ...common, plugins, entryPoints: { page: "src/web/page.ts" }, outdir: "dist/web", ...split }),
    build({ ...common, plugins, entryPoints: { session: "src/web/session-worker.ts" }, outdir: "dist/web", ...split }),
    build({
      ...common,
      plugins,
      entryPoints: { element: "src/web/element.ts" },
      outdir: "dist",
      splitting: true,
      chunkNames: "element/[name]-[hash]",
      loader: { ".css": "text" },
    }),
    buildStyles(),
    copyFile("src/web/index.html", "dist/web/index.html"),
    copyFile("dist/worker.js", "dist/web/worker.js"),
    copyFile("test/fixtures/models/selftrained-llama-en/model.Q4_K_M.gguf", "dist/web/example.Q4_K_M.gguf"),
  ]);
}

/** Colours and charts look the same in pages and files: their styles come from src/report/html/style.ts. */
async function buildStyles() {
  const { outputFiles } = await build({ ...common, entryPoints: ["src/report/html/style.ts"], write: false });
  const { pageStyle } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  const { code } = await transform(
    pageStyle + (await readFile("src/web/views.css", "utf8")) + (await readFile("src/web/page.css", "utf8")),
    { loader: "css", minify: true, target: ["chrome123", "firefox120", "safari17.5"] },
  );
  await writeFile("dist/web/page.css", code);
}
