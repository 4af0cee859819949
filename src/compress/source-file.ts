import type { RawCheckpoint, StoredTensor } from "../checkpoint/checkpoint.js";
import { archiveHeader } from "../checkpoint/compressed/archive.js";
import { isCompressed } from "../checkpoint/compressed/stands-for.js";
import { safetensorsType } from "../checkpoint/dtypes.js";
import { malformed } from "../checkpoint/fail.js";
import { recognise } from "../checkpoint/formats/recognise.js";
import { readSafetensors } from "../checkpoint/formats/safetensors.js";
import type { Source } from "../host/contract.js";
import type { Machine } from "../kernels/machine.js";
import { Sha256 } from "../kernels/sha256.js";
import type { TensorInfo } from "../types.js";
import type { OutputTensor } from "./parts.js";

/** Bytes copied or hashed at once. */
const PIECE = 1 << 20;

/** A tensor of a file of the source, and how its bytes are had. */
export interface SourceTensor {
  info: TensorInfo;
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** All tensors of a file in the order of their bytes, those that an index leaves out too. */
export async function tensorsOfFile(
  checkpoint: RawCheckpoint,
  source: Source,
  signal?: AbortSignal,
): Promise<SourceTensor[]> {
  if (checkpoint.format === "safetensors") {
    const { tensors } = await readSafetensors(source, signal);
    return tensors.map(({ info, bytes }: StoredTensor) => ({
      info,
      read: (start, end, abort) => bytes.read(start, end, abort),
    }));
  }
  return checkpoint.tensors
    .filter((info) => info.file === source.name)
    .map((info) => ({ info, read: (start, end, abort) => checkpoint.readBytes(info, start, end, abort) }));
}

/** The header of a file, verbatim: what stands before its tensors; of an archive, its members without their data. */
export async function headerOfFile(
  checkpoint: RawCheckpoint,
  source: Source,
  tensors: readonly SourceTensor[],
  signal?: AbortSignal,
): Promise<Uint8Array> {
  switch (checkpoint.format) {
    case "safetensors": {
      const first = await source.read(0, 8, signal);
      const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
      return (await source.read(8, 8 + length, signal)).slice();
    }
    case "npz":
      return archiveHeader(source, signal);
    default: {
      const end = tensors.reduce((least, { info }) => Math.min(least, info.byteOffset), source.byteLength);
      if (end > MAXIMUM_HEADER) throw malformed("header-too-large", source.name, `a header of ${end} bytes`);
      return (await source.read(0, end, signal)).slice();
    }
  }
}

const MAXIMUM_HEADER = 100_000_000;

/** @throws CheckpointError where a file is compressed already: its original is what can be compressed. */
export async function refuseCompressed(source: Source, signal?: AbortSignal): Promise<void> {
  if ((await recognise(source, signal)) !== "safetensors") return;
  const { metadata } = await readSafetensors(source, signal);
  if (isCompressed(metadata))
    throw malformed("already-compressed", source.name, "is compressed already: restore it first");
}

/** SHA-256 of a file. */
export async function hashOf(machine: Machine, source: Source, signal?: AbortSignal): Promise<string> {
  const hash = new Sha256(machine);
  for (let at = 0; at < source.byteLength; at += PIECE) {
    hash.update(await source.read(at, Math.min(source.byteLength, at + PIECE), signal, source.byteLength));
  }
  return hash.hex();
}

/** A tensor that is kept as it is: under its own type where safetensors has it, else as bytes. */
export function keptTensor({ info, read }: SourceTensor, signal?: AbortSignal): OutputTensor {
  const named = safetensorsType(info.dtype) !== undefined;
  return {
    name: info.name,
    dtype: named ? info.dtype : "U8",
    shape: named ? info.shape : [info.byteLength],
    byteLength: info.byteLength,
    async *pieces() {
      for (let at = 0; at < info.byteLength; at += PIECE) yield read(at, Math.min(info.byteLength, at + PIECE), signal);
    },
  };
}
