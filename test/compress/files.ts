/** Files that were made, and the report beside them. */
export async function taken<R>({
  files,
  report,
}: {
  files: AsyncIterable<{ name: string; bytes: ReadableStream<Uint8Array> }>;
  report: Promise<R>;
}): Promise<{ files: { name: string; bytes: Buffer }[]; report: R }> {
  const all: { name: string; bytes: Buffer }[] = [];
  for await (const { name, bytes } of files) {
    const pieces: Uint8Array[] = [];
    const reader = bytes.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value);
    all.push({ name, bytes: Buffer.concat(pieces) });
  }
  return { files: all, report: await report };
}

/** The eight bytes of length and the header after them. */
export function headerOf(bytes: Buffer): Buffer {
  return bytes.subarray(0, 8 + Number(bytes.readBigUInt64LE(0)));
}

/** What the header says. */
export const jsonOf = (bytes: Buffer): Record<string, unknown> => JSON.parse(headerOf(bytes).subarray(8).toString());
