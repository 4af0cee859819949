import { printable, quoted } from "../../base/printable.js";
import type { LocalFile } from "../../host/contract.js";
import type { TensorInfo } from "../../types.js";
import { ADAPTER_CONFIG, HINTS } from "../beside.js";
import { type RawCheckpoint, rowShape, type StoredPlace, type TensorPart } from "../checkpoint.js";
import { decodeElements } from "../decode.js";
import { type DataType, dataType } from "../dtypes.js";
import { bufferReason } from "./buffers.js";
import { adapterConfigOf } from "./families/lora.js";
import { type AdapterConfig, hintsOf, noHints, parseObject } from "./hints.js";
import { meaningNotes } from "./notes.js";
import { type Aside, type Assembled, type Recognised, recognise } from "./recognise.js";
import { ViewBytes } from "./view.js";

/** A checkpoint by what its tensors mean: matrices whole, companions and buffers aside. */
export interface Interpreted extends RawCheckpoint {
  readonly stored: RawCheckpoint;
  /** Stored tensors that are no matrix and no parameter of their own, by name. */
  readonly asides: ReadonlyMap<string, Aside>;
  /** How a tensor is put together; undefined where it is stored as it is. */
  assembled(tensor: TensorInfo): Assembled | undefined;
  readonly notes: readonly string[];
  /** Packed codes that may be held, over all matrices that pass at once. */
  limit(bytes: number, matrices: number): void;
}

const PANEL_BYTES = 8 << 20;
const F32 = /* @__PURE__ */ dataType("F32")!;

/**
 * Finds out what the tensors of a checkpoint mean: by names and shapes, by its config.json, and by the contents of
 * small tensors.
 */
export function interpret(stored: RawCheckpoint, signal?: AbortSignal): Promise<Interpreted> {
  if (stored instanceof InterpretedCheckpoint) return Promise.resolve(stored);
  let found = interpreted.get(stored);
  if (!found) {
    found = read(stored, signal);
    interpreted.set(stored, found);
    found.catch(() => interpreted.delete(stored));
  }
  return found;
}

const interpreted = new WeakMap<RawCheckpoint, Promise<Interpreted>>();

/**
 * Weights of a checkpoint: no integers, no companions or buffers, and what cannot be dequantised where it is counted.
 */
export function weightsOf(checkpoint: Interpreted): number {
  let weights = 0;
  for (const aside of checkpoint.asides.values()) weights += aside.weights ?? 0;
  for (const tensor of checkpoint.tensors) {
    const recipe = checkpoint.assembled(tensor)?.recipe;
    if (recipe?.kind === "low-rank") weights += recipe.rank * (recipe.rows + recipe.columns);
    else if (!checkpoint.dataType(tensor).integer) weights += tensor.parameters;
  }
  return weights;
}

async function read(stored: RawCheckpoint, signal?: AbortSignal): Promise<Interpreted> {
  let hints: Promise<ReturnType<typeof hintsOf>> | null = null;
  const readWhole = (tensor: TensorInfo): Promise<Uint8Array> => stored.readBytes(tensor, 0, tensor.byteLength, signal);
  const readHints = async (): Promise<ReturnType<typeof hintsOf>> => {
    for (const name of HINTS) {
      const bytes = (await stored.beside?.(name, signal)) ?? null;
      const found = bytes && hintsOf(parseObject(bytes));
      if (found && found !== noHints) return found;
    }
    return noHints;
  };
  const asked: { adapter?: Promise<AdapterConfig> } = {};
  const readAdapter = async (): Promise<AdapterConfig> => {
    const bytes = (await stored.beside?.(ADAPTER_CONFIG, signal)) ?? null;
    return adapterConfigOf(bytes && parseObject(bytes), stored.metadata);
  };
  const { assembled, asides, places } = await recognise(stored.tensors, {
    read: readWhole,
    hints: () => (hints ??= readHints()),
    adapterConfig: () => (asked.adapter ??= readAdapter()),
  });
  for (const tensor of stored.tensors) {
    if (assembled.has(tensor.name) || asides.has(tensor.name)) continue;
    const reason = await bufferReason(tensor, async (one, first, last) => valuesOf(stored, one, first, last, signal));
    if (reason !== null) asides.set(tensor.name, { kind: "buffer", reason, weights: 0 });
  }
  const unread = (await asked.adapter)?.unread ?? [];
  return new InterpretedCheckpoint(stored, { assembled, asides, places }, unread);
}

async function valuesOf(
  stored: RawCheckpoint,
  tensor: TensorInfo,
  first: number,
  last: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const type = stored.dataType(tensor);
  if (type.kernel === null || type.elementsPerBlock !== 1) return new Float32Array(0);
  return decodeElements(
    type,
    await stored.readBytes(tensor, first * type.bytesPerBlock, last * type.bytesPerBlock, signal),
    last - first,
  );
}

class InterpretedCheckpoint implements Interpreted {
  readonly tensors: readonly TensorInfo[];
  readonly notes: readonly string[];
  private readonly byTensor = new Map<string, Assembled>();
  private readonly passing = new Map<string, ViewBytes>();
  readonly asides: ReadonlyMap<string, Aside>;
  private readonly order: ReadonlyMap<string, number>;
  /** The type of each family's matrices. */
  private readonly types = new Map<string, DataType>();
  private panelBytes = PANEL_BYTES;
  private most = 4;

  constructor(
    readonly stored: RawCheckpoint,
    { assembled, asides, places }: Recognised,
    patterns: readonly string[],
  ) {
    this.asides = asides;
    // Asked for by what is put together alone.
    this.order = assembled.size > 0 ? places : new Map();
    this.tensors = stored.tensors.flatMap((tensor) => {
      const whole = assembled.get(tensor.name);
      if (whole) this.byTensor.set(whole.tensor.name, whole);
      return whole ? [whole.tensor] : asides.has(tensor.name) ? [] : [tensor];
    });
    this.notes = [...(stored.notes ?? []), ...meaningNotes(assembled, asides, patterns)];
  }

  get name() {
    return this.stored.name;
  }
  get format() {
    return this.stored.format;
  }
  get byteLength() {
    return this.stored.byteLength;
  }
  get metadata() {
    return this.stored.metadata;
  }
  get files() {
    return this.stored.files;
  }
  get index() {
    return this.stored.index;
  }

  assembled(tensor: TensorInfo): Assembled | undefined {
    return this.byTensor.get(tensor.name);
  }

  limit(bytes: number, matrices: number): void {
    this.panelBytes = Math.floor(bytes / matrices);
    this.most = matrices;
  }

  close(): Promise<void> {
    this.passing.clear();
    return this.stored.close();
  }

  expect(parts: readonly TensorPart[], budget: number): boolean {
    const seen = new Set<string>();
    const wholes = (names: readonly string[]): TensorPart[] =>
      names.flatMap((name) => {
        if (seen.has(name)) return [];
        seen.add(name);
        const tensor = this.stored.tensors[this.order.get(name)!];
        return [{ tensor, start: 0, end: tensor.byteLength }];
      });
    const stored = parts.flatMap((part) => {
      const whole = this.assembled(part.tensor);
      return whole ? wholes(whole.parts) : [part];
    });
    return this.stored.expect(stored, budget);
  }

  places(tensor: TensorInfo): StoredPlace[] {
    const whole = this.assembled(tensor);
    if (!whole) return this.stored.places(tensor);
    const { tensors } = this.stored;
    const parts = whole.parts.map((name) => this.order.get(name)!).sort((a, b) => a - b);
    return parts.flatMap((index) => this.stored.places(tensors[index]));
  }

  dataType(tensor: TensorInfo): DataType {
    const whole = this.assembled(tensor);
    if (!whole) return this.stored.dataType(tensor);
    const name = whole.tensor.dtype;
    const known = this.types.get(name) ?? { ...F32, name };
    this.types.set(name, known);
    return known;
  }

  undecodable(tensor: TensorInfo): string | null {
    return this.assembled(tensor) ? null : this.stored.undecodable(tensor);
  }

  localFile(tensor: TensorInfo): LocalFile | null {
    return this.assembled(tensor) ? null : this.stored.localFile(tensor);
  }

  rowBytes(tensor: TensorInfo): number {
    return this.assembled(tensor) ? rowShape(tensor).columns * 4 : this.stored.rowBytes(tensor);
  }

  async readBytes(
    tensor: TensorInfo,
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array,
  ): Promise<Uint8Array> {
    const whole = this.assembled(tensor);
    if (!whole) return this.stored.readBytes(tensor, start, end, signal, into);
    const length = whole.tensor.parameters * 4;
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= length)) {
      const asked = `bytes ${start} to ${end} of ${length} were asked for`;
      throw new RangeError(`${printable(tensor.file)}: tensor ${quoted(tensor.name)}: ${asked}`);
    }
    signal?.throwIfAborted();
    return this.view(whole).read(start, end);
  }

  async readRows(tensor: TensorInfo, first: number, last: number, signal?: AbortSignal): Promise<Float32Array> {
    if (!this.assembled(tensor)) return this.stored.readRows(tensor, first, last, signal);
    const rowBytes = this.rowBytes(tensor);
    const bytes = await this.readBytes(tensor, first * rowBytes, last * rowBytes, signal);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }

  private view({ tensor: { name }, recipe }: Assembled): ViewBytes {
    const known =
      this.passing.get(name) ??
      new ViewBytes(recipe, (part, start, end) => this.stored.readBytes(part, start, end), this.panelBytes);
    this.passing.delete(name);
    this.passing.set(name, known);
    for (const oldest of this.passing.keys()) if (this.passing.size > this.most) this.passing.delete(oldest);
    return known;
  }
}
