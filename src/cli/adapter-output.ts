import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { printable } from "../base/printable.js";
import { inWords, systemCode } from "../host/system-errors.js";
import type { OutputFile } from "../types.js";

/** A directory that is written beside its place, and takes its name when all is in it. */
export interface DirectoryOutput {
  write(file: OutputFile): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

const reasons: Record<string, string> = {
  ENOENT: "no such directory",
  EEXIST: "a file stands there",
  ENOTEMPTY: "it is not empty",
};

/**
 * `--adapter DIR`: whole or not at all. DIR may stand there empty, else not.
 * @throws Error with the directory as it was given and why it cannot be written.
 */
export async function directoryOutput(given: string): Promise<DirectoryOutput> {
  const said = (error: unknown): Error => {
    const why = reasons[systemCode(error)] ?? inWords(error);
    return new Error(`${printable(given)}: cannot be written: ${why}`, { cause: error });
  };
  const target = path.resolve(given);
  const standing = await readdir(target).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw said(systemCode(error) === "ENOTDIR" ? Object.assign(new Error(), { code: "EEXIST" }) : error);
  });
  if (standing && standing.length > 0) throw said(Object.assign(new Error(), { code: "ENOTEMPTY" }));
  const temporary = await mkdtemp(path.join(path.dirname(target), ".weightscope-adapter-")).catch((error) => {
    throw said(error);
  });
  const discard = (): Promise<void> => rm(temporary, { recursive: true, force: true });
  return {
    discard,
    async write({ name, bytes }) {
      try {
        const handle = await open(path.join(temporary, name), "wx", 0o666);
        try {
          for await (const part of bytes) await handle.writeFile(part);
          await handle.sync();
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw systemCode(error) === "" ? error : said(error);
      }
    },
    async commit() {
      try {
        // mkdtemp's own are for the owner alone: the name is taken by one made as any other.
        const made = `${temporary}.whole`;
        await mkdir(made);
        for (const name of await readdir(temporary)) await rename(path.join(temporary, name), path.join(made, name));
        if (standing) await rmdir(target);
        await rename(made, target);
      } catch (error) {
        await rm(`${temporary}.whole`, { recursive: true, force: true });
        throw said(error);
      } finally {
        await discard();
      }
    },
  };
}
