/**
 * A body as a source that is read once, front to back: what lies more than `reach` bytes behind is gone. A checkpoint's
 * matrices are read in the order of their bytes, so one that streams past is never held whole.
 */
export function windowSource(stream, name, byteLength, reach) {
  const reader = stream.getReader();
  const kept = []; // pieces in order, each { start, bytes }
  let received = 0;

  async function readNow(start, end) {
    if (start < (kept[0]?.start ?? received))
      throw new Error(
        `${name}: byte ${start} has passed; a larger matrix than fits must come by URL, where it can be read again`,
      );
    while (received < end) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${name}: the body ended at byte ${received} of ${byteLength}`);
      kept.push({ start: received, bytes: value });
      received += value.length;
      while (kept.length > 0 && kept[0].start + kept[0].bytes.length < Math.min(start, received - reach)) kept.shift();
    }
    const wanted = new Uint8Array(end - start);
    for (const piece of kept) {
      const from = Math.max(start, piece.start);
      const to = Math.min(end, piece.start + piece.bytes.length);
      if (from < to) wanted.set(piece.bytes.subarray(from - piece.start, to - piece.start), from - start);
    }
    return wanted;
  }

  let last = Promise.resolve();
  return {
    name,
    byteLength,
    /** One read after the other: a stream has one place. */
    read(start, end) {
      const read = last.then(() => readNow(start, end));
      last = read.catch(() => {});
      return read;
    },
    cancel: () => reader.cancel(),
  };
}
