import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import type { Budget, ByteRange, LocalFile, Location, Source } from "../host/contract.js";
import type { Checkpoint, TensorInfo } from "../types.js";
import { readBeside } from "./beside.js";
import { decodeElements } from "./decode.js";
import type { DataType } from "./dtypes.js";

/** The bytes of one tensor, row-major and little-endian whatever the file holds. */
export interface TensorBytes {
  /** Where they are. */
  readonly place: { source: Source; start: number; end: number };
  /** The file in which they lie there, byte for byte. */
  readonly path?: string | undefined;
  /** `into`: see Source. */
  read(start: number, end: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
}

/** A checkpoint as the streaming pipeline sees it: stored bytes, decoded elsewhere. */
export interface RawCheckpoint extends Checkpoint {
  /** Bytes [start, end) of a tensor, counted from its first. Not to be written to. */
  readBytes(
    tensor: TensorInfo,
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array,
  ): Promise<Uint8Array>;
  /** The file in which the tensor's bytes lie as `readBytes` gives them, where there is one. */
  localFile(tensor: TensorInfo): LocalFile | null;
  /** Stored bytes of a row. @throws CheckpointError where a row is no whole number of blocks. */
  rowBytes(tensor: TensorInfo): number;
  /**
   * Says that these bytes will be read once each, in about this order, so that a source that answers slowly can fetch
   * ahead as much as `budget` bytes. False where no source does.
   */
  expect(parts: readonly TensorPart[], budget: number): boolean;
  /** Where all the bytes that make up a tensor are stored. */
  places(tensor: TensorInfo): StoredPlace[];
  /** How the tensor is stored. */
  dataType(tensor: TensorInfo): DataType;
  /** Why `readRows` cannot decode the tensor, in words, or null where it can. */
  undecodable(tensor: TensorInfo): string | null;
  /** What a reader must know of how it was found: what is beside it and was not read. */
  readonly notes?: readonly string[];
  /** Files that belong to it and were not there: it is a part of what it is called. */
  readonly missing?: readonly string[];
  /** A small file that lies beside the checkpoint's, or null where there is none. */
  beside?(name: string, signal?: AbortSignal): Promise<Uint8Array | null>;
  /** The files that it is in, in order, as they are; none where it was opened elsewhere. */
  readonly files: readonly Source[];
  /** The index that named them, where one did. */
  readonly index: IndexFile | null;
}

/** The index of a checkpoint in several files, verbatim. */
export interface IndexFile {
  name: string;
  bytes: Uint8Array;
}

/** Bytes [start, end) of a file, by what tells the file from another, wherever it lies. */
export interface StoredPlace extends ByteRange {
  file: string;
  byteLength: number;
  /** Of the server's answers, or the time of the last write; null where neither is known. */
  tag: string | null;
}

/** Bytes [start, end) of a tensor, counted from its first. */
export interface TensorPart extends ByteRange {
  tensor: TensorInfo;
}

/** Rows × columns as `readRows` counts them: a vector or scalar is one row, all else has shape[0] rows. */
export function rowShape(tensor: TensorInfo): { rows: number; columns: number } {
  if (tensor.shape.length < 2) return { rows: 1, columns: tensor.parameters };
  const rows = tensor.shape[0];
  return { rows, columns: tensor.shape.slice(1).reduce((product, length) => product * length, 1) };
}

/** A tensor of a file, how it is stored and how its bytes are had. */
export interface StoredTensor {
  info: TensorInfo;
  type: DataType;
  bytes: TensorBytes;
}

/** What the header of one file, or of all files of a checkpoint, says. */
export interface ReadHeader extends Pick<Checkpoint, "name" | "format" | "byteLength" | "metadata"> {
  tensors: readonly StoredTensor[];
  files: readonly Source[];
  /** The index that named the files, where there is one. */
  index?: IndexFile | undefined;
  /** Files that the index names and that are not there. */
  missing?: readonly string[];
}

/** A checkpoint whose header was read and checked: tensors by name, decoded row by row from its files. */
export class OpenedCheckpoint implements RawCheckpoint {
  readonly name: string;
  readonly format: Checkpoint["format"];
  readonly byteLength: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly files: readonly Source[];
  readonly index: IndexFile | null;
  readonly tensors: readonly TensorInfo[];
  readonly missing: readonly string[];
  notes: readonly string[] = [];
  private readonly stored = new Map<string, StoredTensor>();
  private closed = false;
  private location: Location | null = null;

  constructor({ name, format, byteLength, metadata, tensors, files, index, missing }: ReadHeader) {
    this.name = name;
    this.format = format;
    this.byteLength = byteLength;
    this.metadata = metadata;
    this.files = files;
    this.index = index ?? null;
    this.missing = missing ?? [];
    this.tensors = tensors.map((tensor) => tensor.info);
    for (const tensor of tensors) this.stored.set(tensor.info.name, tensor);
  }

  /** Where it was found, and what is to be said of it. */
  found(location: Location | null, notes: readonly string[] = []): this {
    this.location = location;
    this.notes = notes;
    return this;
  }

  beside(name: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    return this.location ? readBeside(this.location, name, signal) : Promise.resolve(null);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.files.map((source) => source.close?.()));
  }

  expect(parts: readonly TensorPart[], budget: number): boolean {
    const bySource = new Map<Source, ByteRange[]>();
    const seen = new Set<object>();
    for (const { tensor, start, end } of parts) {
      const { info, bytes } = this.find(tensor);
      const { source, start: from, end: to } = bytes.place;
      if (!source.expect) continue;
      const stored = to - from === info.byteLength;
      if (!stored && seen.has(bytes)) continue;
      seen.add(bytes);
      const ranges = bySource.get(source) ?? [];
      ranges.push(stored ? { start: from + start, end: from + end } : { start: from, end: to });
      bySource.set(source, ranges);
    }
    const shared: Budget = { bytes: budget, held: 0 };
    for (const [source, ranges] of bySource) source.expect!(ranges, shared);
    return bySource.size > 0;
  }

  places(tensor: TensorInfo): StoredPlace[] {
    const {
      info,
      bytes: {
        place: { source, start, end },
      },
    } = this.find(tensor);
    return [{ file: info.file, byteLength: source.byteLength, tag: source.tag ?? null, start, end }];
  }

  dataType(tensor: TensorInfo): DataType {
    return this.find(tensor).type;
  }

  undecodable(tensor: TensorInfo): string | null {
    const type = this.dataType(tensor);
    if (type.kernel === null) return `${type.name} cannot be decoded`;
    if (rowShape(tensor).columns % type.elementsPerBlock !== 0)
      return `rows of ${rowShape(tensor).columns} ${type.name} are not whole blocks of ${type.elementsPerBlock}`;
    return null;
  }

  localFile(tensor: TensorInfo): LocalFile | null {
    const {
      path,
      place: { source, start },
    } = this.find(tensor).bytes;
    const { version } = source;
    return path === undefined || version === undefined ? null : { path, start, version };
  }

  rowBytes(tensor: TensorInfo): number {
    const type = this.dataType(tensor);
    const { columns } = rowShape(tensor);
    if (columns % type.elementsPerBlock !== 0)
      throw new CheckpointError("undecodable", this.about(tensor, this.undecodable(tensor)!), { tensor: tensor.name });
    return (columns / type.elementsPerBlock) * type.bytesPerBlock;
  }

  async readBytes(
    tensor: TensorInfo,
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array,
  ): Promise<Uint8Array> {
    const { info, bytes } = this.find(tensor);
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= info.byteLength)) {
      throw new RangeError(this.about(info, `bytes ${start} to ${end} of ${info.byteLength} were asked for`));
    }
    return bytes.read(start, end, signal, into);
  }

  async readRows(tensor: TensorInfo, first: number, last: number, signal?: AbortSignal): Promise<Float32Array> {
    const { info } = this.find(tensor);
    const { rows, columns } = rowShape(info);
    if (!(Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last <= rows)) {
      throw new RangeError(this.about(info, `rows ${first} to ${last} of ${rows} were asked for`));
    }
    const reason = this.undecodable(info);
    if (reason !== null) throw new CheckpointError("undecodable", this.about(info, reason), { tensor: info.name });
    const rowBytes = this.rowBytes(info);
    const bytes = await this.readBytes(info, first * rowBytes, last * rowBytes, signal);
    return decodeElements(this.dataType(info), bytes, (last - first) * columns);
  }

  private find(tensor: TensorInfo): StoredTensor {
    if (this.closed) throw new CheckpointError("closed", `${printable(this.name)}: the checkpoint was closed`);
    const stored = this.stored.get(tensor.name);
    if (!stored)
      throw new CheckpointError("unknown-tensor", this.about(tensor, "no such tensor"), { tensor: tensor.name });
    return stored;
  }

  private about(tensor: TensorInfo, what: string): string {
    return `${printable(tensor.file)}: tensor ${quoted(tensor.name)}: ${what}`;
  }
}
