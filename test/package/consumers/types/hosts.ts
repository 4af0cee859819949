// What the host declares is what the package takes and gives: the same types, not something like them.
import { analyze, compress, openCheckpoint } from "weightscope";

const { files } = compress("model.safetensors");
for await (const file of files) {
  const bytes: ReadableStream<Uint8Array> = file.bytes;
  await new Response(bytes).arrayBuffer();
}
await analyze(new Blob([]), { signal: AbortSignal.timeout(3) });
await openCheckpoint(new URL("https://example.org/model.safetensors"), { fetch });
await openCheckpoint(new Response("").body as ReadableStream<Uint8Array>);
// @ts-expect-error: a stream of text is no checkpoint
await openCheckpoint(new ReadableStream<string>());
// @ts-expect-error: a signal is the host's
await analyze(new Blob([]), { signal: {} });
