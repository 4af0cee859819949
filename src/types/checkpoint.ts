/** Where weights lie: sources of bytes, open checkpoints, files to be written, journals. */

/** The only seam to storage. `read` returns exactly `end - start` bytes or rejects. */
export interface ByteSource {
  readonly name: string;
  readonly byteLength: number;
  /** Bytes [start, end), all of them. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A path (Node, Deno, Bun), a URL (byte ranges), a File/Blob, bytes, or anything with a ByteSource's shape. */
export type CheckpointInput = string | URL | Blob | Uint8Array | ReadableStream<Uint8Array> | ByteSource;

/** `shape` is row-major, outermost first (GGUF's order reversed). */
export interface TensorInfo {
  name: string;
  dtype: string;
  shape: number[];
  parameters: number;
  byteOffset: number;
  byteLength: number;
  file: string;
}

/** An open checkpoint: its header, and rows on demand. Everything after `close` rejects. */
export interface Checkpoint {
  readonly name: string;
  readonly byteLength: number;
  readonly format: "safetensors" | "gguf" | "npy" | "npz";
  /** Frees files and temporary room. */
  close(): Promise<void>;
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Rows [first, last) decoded to f32, never more than asked. A vector is one row; other tensors have shape[0] rows.
   */
  readRows(tensor: TensorInfo, first: number, last: number, signal?: AbortSignal): Promise<Float32Array>;
}

/** How a checkpoint is opened; all but `signal`, `asStored` and `once` are for URLs. */
export interface OpenOptions {
  signal?: AbortSignal | undefined;
  /** In place of the host's `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Sent to the URL's own origin, never to another that it redirects to. */
  headers?: Record<string, string> | undefined;
  /** Sent as a bearer token, likewise. */
  token?: string | undefined;
  /** Milliseconds before the first retry, doubled before each further one. Default 500. */
  backoff?: number | undefined;
  /** Milliseconds without progress (a mean below 1 kB/s counts as none) until a request is given up. Default 30,000. */
  silence?: number | undefined;
  /** A compressed file as the factors that it holds, not as what it stands for. */
  asStored?: boolean | undefined;
  /**
   * Asks a URL or a ByteSource for no byte twice: what was read is put aside in the host's scratch room (a temporary
   * file), as `compress` does with what it opens itself.
   */
  once?: boolean | undefined;
  /**
   * Bytes of a stream, or of a URL whose server knows no ranges, that are kept at most, unfolded where it comes
   * compressed. Default 64 GiB.
   */
  maxSpool?: number | undefined;
}

/** A file to be written: nothing is computed for it before it is read. */
export interface OutputFile {
  name: string;
  bytes: ReadableStream<Uint8Array>;
}

/** Where finished matrices are kept, so that they need not be done again. Keys: docs/scale.md. */
export interface Journal {
  /** Whether a task is finished. */
  has(key: string): boolean;
  /** The figures kept under a key; null where there are none. */
  get(key: string): Promise<unknown>;
  /** Keeps the figures of a finished task; resolves when they are written. */
  add(result: { key: string; figures: unknown }): Promise<void>;
  /** Frees what it holds. */
  close(): Promise<void>;
}
