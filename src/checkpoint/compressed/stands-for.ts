import { quoted } from "../../base/printable.js";
import type { Source } from "../../host/contract.js";
import type { TensorInfo } from "../../types.js";
import type { StoredTensor, TensorBytes } from "../checkpoint.js";
import { dataType } from "../dtypes.js";
import { type EncodedType, encodedSize, isEncoded } from "../encode.js";
import { malformed } from "../fail.js";
import { partsOf } from "./factors.js";
import { type FactorCache, joined, matrixBytes } from "./matrix-bytes.js";
import { HEADER_TENSOR, LAYOUT, LAYOUT_KEY, parseTensors, type ReplacedTensor, TENSORS_KEY } from "./metadata.js";
import { type Original, readOriginal } from "./original.js";

/** What a compressed file stands for: the original's tensors, of which the replaced ones are made as they are read. */
export interface Restored {
  format: Original["format"];
  metadata: Record<string, unknown>;
  /** In the original's order. */
  tensors: RestoredTensor[];
  header: Uint8Array;
  /** Of a GGUF header: where its list of tensors begins. */
  listStart?: number;
  /** Of an archive: the header of each array. */
  headers?: ReadonlyMap<string, Uint8Array>;
}

/** A tensor of the original. */
export interface RestoredTensor extends StoredTensor {
  /** Names of the tensors of the compressed file that it is made of. */
  parts: string[];
  /** As the original's header has it: its type, and where its bytes began. */
  original: TensorInfo;
}

/** Whether metadata are those of a compressed file. */
export const isCompressed = (metadata: Readonly<Record<string, unknown>>): boolean => LAYOUT_KEY in metadata;

/**
 * The type in which a replaced tensor comes back: its own, or what can hold sums in the place of one that is quantised.
 */
export function restoredType(dtype: string, format: Original["format"]): EncodedType {
  return isEncoded(dtype) ? dtype : format === "gguf" ? "F16" : "BF16";
}

/**
 * The original's tensors from the tensors and metadata of a compressed file. Only headers are read.
 * @throws CheckpointError where they do not fit together, naming the tensor.
 */
export async function standsFor(
  source: Source,
  stored: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Restored> {
  const file = source.name;
  if (metadata[LAYOUT_KEY] !== LAYOUT) {
    throw malformed(
      "unsupported-version",
      file,
      `compressed in layout ${quoted(metadata[LAYOUT_KEY], 20)}; layout ${LAYOUT} is read`,
    );
  }
  const entries = parseTensors(metadata[TENSORS_KEY] ?? "{}", file);
  const byName = new Map(stored.map((tensor) => [tensor.info.name, tensor]));
  const headerTensor = byName.get(HEADER_TENSOR);
  if (!headerTensor || headerTensor.type.name !== "U8")
    throw malformed("invalid-metadata", file, `a compressed file without ${HEADER_TENSOR}`);
  const header = await headerTensor.bytes.read(0, headerTensor.info.byteLength, signal);
  const only = [...entries.keys(), ...[...byName.keys()].filter((name) => name !== HEADER_TENSOR)][0] ?? "array";
  const original = await readOriginal(header, file, only);
  const all = new Parts(file, byName, original.format);
  const whole = composites(original.tensors, entries);
  const tensors = whole.map((tensor) => all.restored(tensor, entries));
  all.checkAllUsed(entries);
  return { ...original, tensors, header };
}

/** The original's tensors, those that a replaced matrix was put together from in one: in the place of its first. */
function composites(original: readonly StoredTensor[], entries: ReadonlyMap<string, ReplacedTensor>): StoredTensor[] {
  const first = new Map<string, [name: string, entry: ReplacedTensor]>();
  const others = new Set<string>();
  for (const [name, entry] of entries) {
    if (entry.tensors === null || entry.tensors.length === 0) continue;
    first.set(entry.tensors[0], [name, entry]);
    for (const part of entry.tensors.slice(1)) others.add(part);
  }
  return original.flatMap((tensor): StoredTensor[] => {
    const found = first.get(tensor.info.name);
    if (!found) return others.has(tensor.info.name) ? [] : [tensor];
    const [name, { dtype, shape }] = found;
    const parameters = shape.reduce((a, b) => a * b, 1);
    return [{ ...tensor, info: { ...tensor.info, name, dtype, shape, parameters } }];
  });
}

/** The tensors of a compressed file by their names. */
class Parts {
  private readonly used = new Set<string>();
  private readonly cache: FactorCache = { tensor: "", factors: null };

  constructor(
    private readonly file: string,
    private readonly byName: ReadonlyMap<string, StoredTensor>,
    private readonly format: Original["format"],
  ) {}

  restored(original: StoredTensor, entries: ReadonlyMap<string, ReplacedTensor>): RestoredTensor {
    const { info } = original;
    const entry = entries.get(info.name);
    if (entry) return this.replaced(original, [[info.name, entry]]);
    const kept = this.byName.get(info.name);
    if (kept) return this.kept(original, kept);
    // A shape that claims more matrices than there are entries is not cut up to be looked at.
    const most = info.shape.slice(0, -2).reduce((a, b) => a * b, 1);
    const slices = most > entries.size ? [] : slicesOf(info.name, info.shape).filter((name) => entries.has(name));
    if (slices.length === 0 || slices.length < most)
      throw this.fail(
        "missing-tensor",
        info.name,
        "is in the original's header, but neither it nor factors of all of it are here",
      );
    return this.replaced(
      original,
      slices.map((name) => [name, entries.get(name)!]),
    );
  }

  /** @throws CheckpointError where metadata speak of a tensor that the original does not have. */
  checkAllUsed(entries: ReadonlyMap<string, ReplacedTensor>): void {
    for (const name of entries.keys())
      if (!this.used.has(name)) throw this.fail("invalid-metadata", name, "is not in the original's header");
  }

  private kept(original: StoredTensor, kept: StoredTensor): RestoredTensor {
    const { info, type } = original;
    const same = kept.info.dtype === info.dtype && String(kept.info.shape) === String(info.shape);
    if (!same && !(kept.info.dtype === "U8" && kept.info.byteLength === info.byteLength)) {
      throw this.fail(
        "invalid-metadata",
        info.name,
        `is ${kept.info.dtype} [${kept.info.shape}] here and ${info.dtype} [${info.shape}] in the original's header`,
      );
    }
    if (kept.info.byteLength !== info.byteLength)
      throw this.fail(
        "size-mismatch",
        info.name,
        `has ${kept.info.byteLength} bytes here, ${info.byteLength} in the original`,
      );
    return {
      info: { ...info, byteOffset: kept.info.byteOffset, file: this.file },
      type,
      bytes: kept.bytes,
      parts: [info.name],
      original: info,
    };
  }

  private replaced(original: StoredTensor, matrices: [string, ReplacedTensor][]): RestoredTensor {
    const { info } = original;
    const type = restoredType(info.dtype, this.format);
    const bytesPerMatrix = (info.parameters / matrices.length) * encodedSize(type);
    const parts: string[] = [];
    const bytes: TensorBytes[] = [];
    for (const [name, entry] of matrices) {
      this.used.add(name);
      const shape = matrices.length === 1 && name === info.name ? info.shape : info.shape.slice(-2);
      if (entry.dtype !== info.dtype || String(entry.shape) !== String(shape)) {
        throw this.fail(
          "invalid-metadata",
          name,
          `is ${quoted(entry.dtype, 20)} [${entry.shape}] in the metadata and ${info.dtype} [${shape}] in the ` +
            "original's header",
        );
      }
      const found = this.find(name, entry);
      parts.push(...found.map(({ tensor }) => tensor.info.name));
      bytes.push(matrixBytes({ name, entry, parts: found, type }, this.cache));
    }
    return {
      info: {
        ...info,
        dtype: type,
        byteLength: info.parameters * encodedSize(type),
        byteOffset: bytes[0].place.start,
        file: this.file,
      },
      type: dataType(type)!,
      bytes: joined(bytes, bytesPerMatrix),
      parts,
      original: info,
    };
  }

  /** The parts of a matrix, of the types and shapes that they must have. */
  private find(name: string, entry: ReplacedTensor): { suffix: string; tensor: StoredTensor }[] {
    const ordered = this.byName.has(`${name}.order`);
    return partsOf(entry, ordered).map(({ suffix, dtypes, shape }) => {
      const tensor = this.byName.get(name + suffix);
      if (!tensor)
        throw this.fail(
          "missing-tensor",
          name + suffix,
          `is missing, though ${TENSORS_KEY} has ${quoted(name)} replaced`,
        );
      if (!dtypes.includes(tensor.info.dtype) || String(tensor.info.shape) !== String(shape)) {
        throw this.fail(
          "invalid-metadata",
          name + suffix,
          `is ${tensor.info.dtype} [${tensor.info.shape}], not ${dtypes.join(" or ")} [${shape}] as its metadata ` +
            "have it",
        );
      }
      return { suffix, tensor };
    });
  }

  private fail(code: string, tensor: string, what: string): Error {
    return malformed(code, this.file, what, { tensor });
  }
}

/** Names of the matrices that a stack of experts is cut into. */
function slicesOf(name: string, shape: readonly number[]): string[] {
  const outer = shape.slice(0, -2);
  const count = outer.reduce((a, b) => a * b, 1);
  if (outer.length === 0) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = outer.map(
      (_, axis) => Math.floor(index / outer.slice(axis + 1).reduce((a, b) => a * b, 1)) % outer[axis],
    );
    return `${name}[${at.join(",")}]`;
  });
}
