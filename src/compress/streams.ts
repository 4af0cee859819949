import { YIELD_EVERY_MS, yieldToEvents } from "#host";

/**
 * Bytes as a stream that asks for nothing before it is read; cancelling it ends `pieces`. Between pieces that take long
 * to make it lets events through: what is all in memory would otherwise be read to its end in one turn.
 */
export function streamOf(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  let at = performance.now();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (performance.now() - at > YIELD_EVERY_MS) {
          await yieldToEvents();
          at = performance.now();
        }
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
