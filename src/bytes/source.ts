import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Source } from "../host/contract.js";

/** Bytes in memory. What `read` returns is a view: it is not to be written to. */
export function memorySource(bytes: Uint8Array, name = "bytes"): Source {
  return {
    name,
    byteLength: bytes.byteLength,
    async read(start, end, signal) {
      signal?.throwIfAborted();
      return bytes.subarray(start, end);
    },
  };
}

/** A Blob, or a File of a form or a drop. */
export function blobSource(blob: Blob): Source {
  const name = "name" in blob && typeof blob.name === "string" && blob.name !== "" ? blob.name : "blob";
  return {
    name,
    byteLength: blob.size,
    async read(start, end, signal) {
      signal?.throwIfAborted();
      try {
        return new Uint8Array(await blob.slice(start, end).arrayBuffer());
      } catch (error) {
        throw new CheckpointError(
          "read-failed",
          `${printable(name)}: bytes ${start} to ${end} cannot be read (the file may have changed since it was chosen)`,
          { cause: error },
        );
      }
    },
  };
}

/** Checks what every source promises, so that no reader has to: a range inside the file, and all of it. */
export function checkedSource(source: Source): Source {
  const { name, byteLength } = source;
  if (!Number.isSafeInteger(byteLength) || byteLength < 0)
    throw new CheckpointError("bad-source", `${printable(name)}: byteLength is ${byteLength}, not a count of bytes`);
  return {
    name,
    byteLength,
    ...(source.path !== undefined && { path: source.path, version: source.version }),
    ...(source.tag !== undefined && { tag: source.tag }),
    async read(start, end, signal, until, into) {
      if (!(start >= 0 && start <= end && end <= byteLength))
        throw new CheckpointError(
          "truncated",
          `${printable(name)}: bytes ${start} to ${end} lie outside the file of ${byteLength} bytes`,
        );
      signal?.throwIfAborted();
      if (start === end) return new Uint8Array(0);
      const bytes = await source.read(start, end, signal, until, into);
      if (bytes.byteLength !== end - start)
        throw new CheckpointError(
          "truncated",
          `${printable(name)}: ${bytes.byteLength} bytes came of ${end - start} asked for at byte ${start}`,
        );
      return bytes;
    },
    ...(source.expect && { expect: source.expect.bind(source) }),
    async close() {
      await source.close?.();
    },
  };
}
