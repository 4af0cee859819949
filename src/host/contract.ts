/** What each host must give (`#host`), and the things that go through it. Types alone: no host is known here. */
import type { ByteSource } from "../types.js";

/** The builds of the kernels. */
export type KernelName = "plain" | "relaxed" | "quantized";

/** Bytes [start, end) of a file. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Bytes that may be fetched ahead of their readers, over all files of a checkpoint, and those that are held or on
 * their way.
 */
export interface Budget {
  readonly bytes: number;
  held: number;
}

/**
 * What the readers use of a source. `until` is where the caller will likely stop reading on from `start`:
 * sources that answer slowly may read ahead as far as that, and no further. `expect` tells them what will be read
 * beyond that. `into` is memory that the caller is done with: a source may fill it and return a view of it in place of
 * new memory. `close` frees handles.
 */
export interface Source extends ByteSource {
  /** Where it lies in the file system, and which version of it was opened, for threads that read it themselves. */
  readonly path?: string;
  readonly version?: string;
  /** What tells this version of the file from another on any machine: an ETag, or the time of the last write. */
  readonly tag?: string | null;
  read(start: number, end: number, signal?: AbortSignal, until?: number, into?: Uint8Array): Promise<Uint8Array>;
  expect?(ranges: readonly ByteRange[], budget: Budget): void;
  close?(): Promise<void>;
}

/** Where a checkpoint was found: something to open, with neighbours that a shard index may name. */
export interface Location {
  /** As the caller wrote it, for messages. */
  readonly name: string;
  open(signal?: AbortSignal): Promise<Source>;
  /**
   * A file of the same directory or below it. `fileName` is a plain name or several with "/", checked by the caller.
   */
  sibling(fileName: string): Location;
  /** Names of the files of the same directory, where they can be listed. */
  list?(): Promise<readonly string[]>;
}

/** A directory: a location of each of its files. */
export interface Directory {
  readonly name: string;
  readonly fileNames: readonly string[];
  file(fileName: string): Location;
}

/** Room for a stream's bytes, in the order they come: a temporary file, or what the host has in its place. */
export interface Scratch {
  append(bytes: Uint8Array): Promise<void>;
  read(start: number, end: number): Promise<Uint8Array>;
  /** Frees the room. */
  close(): Promise<void>;
}

/** A file that only grows, with one writer at a time. */
export interface Log {
  /** When it was opened. */
  readonly byteLength: number;
  read(start: number, end: number): Promise<Uint8Array>;
  append(bytes: Uint8Array): Promise<void>;
  /** What was appended is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A part of a file, from `start` on, that other threads may open: it is the same file if `version` says the same. */
export interface LocalFile {
  path: string;
  start: number;
  version: string;
}

/** A file that this thread reads itself and may wait for. */
export interface OpenedLocalFile {
  /** Fills `target` with the bytes from `from` on, counted from the part's first. */
  fill(from: number, target: Uint8Array): void;
  close(): void;
}

/** A worker as the pool sees it. Each listener replaces the one before it. */
export interface WorkerHandle {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  onMessage(listener: (data: unknown) => void): void;
  onError(listener: (error: Error) => void): void;
  terminate(): void;
}

/** A request as the hosts send it. */
export interface RequestOptions {
  method: string;
  headers: Record<string, string>;
  signal: AbortSignal;
  redirect: "manual" | "follow";
}

/** A body as it arrives. */
export interface AnswerBody {
  getReader(): Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;
  cancel(reason?: unknown): Promise<void>;
}

/** What the readers use of a `Response`. */
export interface Answer {
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
  readonly url: string;
  readonly redirected: boolean;
  readonly type: string;
  readonly body: AnswerBody | null;
}

/** What a page, a server or a worker gives; one file of this folder each. */
export interface Host {
  /** The bytes of a build, or null where they may not be compiled. */
  kernelBytes(name: KernelName): Promise<Uint8Array | null>;
  kernelModule(name: KernelName): Promise<WebAssembly.Module>;
  openPath(input: string | URL): Promise<Location | Directory>;
  createScratch(): Promise<Scratch>;
  /** A file to append to, which is made, or one to read. */
  openLog(path: string, options: { write: boolean }): Promise<Log>;
  /** An environment variable, where it is set and not empty. */
  environment(name: string): string | undefined;
  startWorker(url?: string | URL): Promise<WorkerHandle>;
  /** One request over http:// or https://. Rejects where no answer comes. */
  request(url: URL, options: RequestOptions): Promise<Answer>;
  /** Null where the host has no files, or where the file is no longer the one it was. */
  openLocal(file: LocalFile, tensor: string): OpenedLocalFile | null;
  /** Milliseconds of work between turns of the event loop. */
  readonly YIELD_EVERY_MS: number;
  /** One turn of the event loop. */
  yieldToEvents(): Promise<void>;
}
