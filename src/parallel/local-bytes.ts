import { openLocal } from "#host";
import type { ByteReader } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";

/**
 * Works with the bytes of a matrix: read by this thread from its file, which it waits for, where it can open it; else
 * those of `other`.
 */
export async function withLocalBytes<T>(
  { file, name }: StoredMatrix,
  onRead: (bytes: number) => void,
  other: ByteReader,
  work: (bytes: ByteReader) => Promise<T>,
): Promise<T> {
  const opened = file && openLocal(file, name);
  if (!opened) return work(other);
  const fill = (start: number, target: Uint8Array): void => {
    opened.fill(start, target);
    onRead(target.length);
  };
  try {
    return await work({
      fill,
      async read(start, end) {
        const bytes = new Uint8Array(end - start);
        fill(start, bytes);
        return bytes;
      },
    });
  } finally {
    opened.close();
  }
}
