import { bytes as written } from "../report/html/numbers.js";
import type { Room } from "./messages.js";

/** Held in memory without a question where a browser gives a page no disk, and the most that is. */
const LITTLE = 1 << 28;
const MOST_IN_MEMORY = 1 << 30;
/** The folder of the browser's own disk in which files lie until the visitor has saved them. */
export const FOLDER = "weightscope";
/** Folders older than that (ms) belong to a page that is gone. */
const FORGOTTEN = 86_400_000;

const now = (): number => performance.timeOrigin + performance.now();

type Picker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

/** What a page has to keep files in. */
export interface Surroundings {
  storage?: Pick<StorageManager, "estimate" | "getDirectory"> | undefined;
  showSaveFilePicker?: Picker | undefined;
}

/** The browser's dialogue for the place of a file, where it has one. */
export const pickerOf = (): Picker | undefined =>
  (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker?.bind(globalThis);

const ofPage = (): Surroundings => ({
  storage: isSecureContext ? navigator.storage : undefined,
  showSaveFilePicker: pickerOf(),
});

/**
 * Room for `bytes`, at most: the browser's disk; else memory for little; else a file that the visitor chooses, for one
 * file alone; else memory. To be called where the visitor has just pressed something: only then a browser asks for a
 * file.
 * @throws RangeError where there is no room for so much
 */
export async function roomFor(
  { bytes, name, single }: { bytes: number; name: string; single: boolean },
  { storage, showSaveFilePicker }: Surroundings = ofPage(),
): Promise<Room> {
  // Private windows may have the function and refuse what it does.
  const estimate = await storage?.estimate().catch(() => null);
  const root = await storage?.getDirectory().catch(() => null);
  const free = root ? (estimate?.quota ?? 0) - (estimate?.usage ?? 0) : 0;
  if (free > bytes) return { kind: "disk", folder: `${now()}` };
  if (single && bytes > LITTLE && showSaveFilePicker)
    return { kind: "chosen", file: await showSaveFilePicker({ suggestedName: name }) };
  if (bytes <= MOST_IN_MEMORY) return { kind: "memory" };
  throw new RangeError(
    `${name}: up to ${written(bytes)} are too large for this browser, which has room for ` +
      `${written(Math.max(free, MOST_IN_MEMORY))}; the command below makes the same file`,
  );
}

/** Frees a room's place on the browser's disk, and those that pages which are gone left there. */
export async function freeRoom(room: Room): Promise<void> {
  if (room.kind !== "disk") return;
  try {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER);
    const once = (name: string): Promise<void> => folder.removeEntry(name, { recursive: true });
    // A worker that was ended a moment ago may still hold its file.
    const remove = (name: string): Promise<void> =>
      once(name).catch(() => new Promise((later) => setTimeout(later, 1000)).then(() => once(name)).catch(() => {}));
    const names: string[] = [];
    for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
    await Promise.all(names.filter((name) => name === room.folder || now() - Number(name) > FORGOTTEN).map(remove));
  } catch {
    // Nothing was put there.
  }
}
