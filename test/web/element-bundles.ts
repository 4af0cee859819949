import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ServedFile } from "./file-server.js";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The built element and all that it loads, by their paths. */
export async function bundles(): Promise<Record<string, ServedFile>> {
  const files: Record<string, ServedFile> = {};
  for (const folder of ["", "element/", "web/"])
    for (const name of await readdir(dist + folder))
      if (folder === "element/" || /^(element|worker|plain|relaxed|quantized)\b.*\.js$/.test(name))
        files[`/${folder}${name}`] = { bytes: await readFile(dist + folder + name), type: "text/javascript" };
  return files;
}
