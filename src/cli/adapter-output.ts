import { open, readdir, rmdir } from "node:fs/promises";
import path from "node:path";
import { printable } from "../base/printable.js";
import { inWords, systemCode } from "../host/system-errors.js";
import type { OutputFile } from "../types.js";
import { directoryOutput, targetOf } from "./output.js";

/** A directory that is written beside its place, and takes its name when all is in it. */
export interface AdapterOutput {
  write(file: OutputFile): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

const reasons: Record<string, string> = {
  ENOENT: "no such directory",
  ENOTDIR: "a file stands there",
  ENOTEMPTY: "it is not empty",
};

/**
 * `--adapter DIR`: whole or not at all, however the process is ended. DIR may stand there empty, else not.
 * @throws Error with the directory as it was given and why it cannot be written.
 */
export async function adapterOutput(given: string): Promise<AdapterOutput> {
  const said = (error: unknown): Error => {
    const why = reasons[systemCode(error)] ?? inWords(error);
    return new Error(`${printable(given)}: cannot be written: ${why}`, { cause: error });
  };
  // A link stays a link, to the new folder.
  const target = await targetOf(given).catch((error: unknown) => {
    throw said(error);
  });
  const standing = await readdir(target).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw said(error);
  });
  if (standing && standing.length > 0) throw said(Object.assign(new Error(), { code: "ENOTEMPTY" }));
  const directory = await directoryOutput(given);
  return {
    discard: () => directory.discard(),
    async write({ name, bytes }) {
      try {
        const handle = await open(path.join(directory.path, name), "wx", 0o666);
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
        if (standing) await rmdir(target);
        await directory.commit();
      } catch (error) {
        await directory.discard();
        throw said(error);
      }
    },
  };
}
