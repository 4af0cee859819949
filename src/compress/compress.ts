import { chosenOf, type Names } from "../base/arguments.js";
import { CheckpointError } from "../base/errors.js";
import { filesAndReport } from "../base/files-and-report.js";
import { printable, quoted } from "../base/printable.js";
import { asRawCheckpoint, isCheckpoint } from "../checkpoint/adapted.js";
import { openRaw } from "../checkpoint/open.js";
import { interpret } from "../checkpoint/views/interpreted.js";
import { loadMachine } from "../kernels/load-machine.js";
import type { Checkpoint, CheckpointInput, OutputFile } from "../types.js";
import { Compression } from "./compression.js";
import type { CompressOptions, CompressReport } from "./contract.js";
import { checkedCompress } from "./options.js";
import { FactorStore } from "./store.js";

/**
 * A smaller safetensors file for each of the source's: factors or amplitudes in place of matrices, all else as it was
 * (docs/method.md §9). Nothing is done before the first file is asked for; files come in order, each to be read to its
 * end before the next. The same input and options give the same bytes, whatever `threads` and `memory`. A URL or a
 * ByteSource is asked for every byte once. The report is there when the last file is out, and rejects with what ended
 * the work.
 * @throws (from the files and the report) RangeError where an option is out of range or `memory` holds no row;
 * CheckpointError where the input is malformed; the signal's reason where it aborts.
 */
export function compress(
  input: CheckpointInput | Checkpoint,
  options: CompressOptions = {},
): { files: AsyncIterable<OutputFile>; report: Promise<CompressReport> } {
  return compressSharing(input, options, null);
}

/** `compress` with factors that others, of other options `keep`, have found or will want. */
export function compressSharing(
  input: CheckpointInput | Checkpoint,
  options: CompressOptions,
  store: FactorStore | null,
): ReturnType<typeof compress> {
  return filesAndReport("the files were not read to the end", (done) =>
    withCompression(input, options, store, async function* (compression) {
      yield* compression.files();
      done(await compression.report());
    }),
  );
}

/** The report of a compression that writes nothing. */
export async function compressionPlan(
  input: CheckpointInput | Checkpoint,
  options: CompressOptions = {},
): Promise<CompressReport> {
  for await (const report of withCompression(input, options, null, async function* (compression) {
    yield await compression.report();
  })) {
    return report;
  }
  throw new Error("nothing was planned");
}

const NAMES = {
  ...{ method: 1, keep: 1, allocate: 1, factors: 1, order: 1, include: 1, exclude: 1, transpose: 1, importance: 1 },
  ...{ threads: 1, memory: 1, seed: 1, signal: 1, onProgress: 1 },
} satisfies Names<CompressOptions>;

/** Opens the source where it is not open, and frees all that was taken in the end. */
async function* withCompression<T>(
  input: CheckpointInput | Checkpoint,
  given: CompressOptions,
  shared: FactorStore | null,
  work: (compression: Compression) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  const options = chosenOf(given, NAMES);
  const settings = checkedCompress(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const opened = isCheckpoint(input) ? null : await openRaw(input, { signal, once: true });
  const store = shared ?? (await FactorStore.create([settings.keep]));
  try {
    const raw = opened ?? asRawCheckpoint(input as Checkpoint);
    if (raw.missing?.length)
      throw new CheckpointError(
        "not-found",
        `${printable(raw.name)}: a checkpoint is compressed whole: ${quoted(raw.missing[0])} of its index is not here`,
      );
    const checkpoint = await interpret(raw, signal);
    yield* work(new Compression(checkpoint, options, settings, store, await loadMachine()));
  } finally {
    if (shared === null) await store.close();
    await opened?.close();
  }
}
