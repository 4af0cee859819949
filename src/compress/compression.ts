import { planMatrices } from "../analyze/plan.js";
import { ProgressMeter } from "../analyze/progress.js";
import { quoted } from "../base/printable.js";
import { safetensorsFile, safetensorsHeader, safetensorsLength } from "../checkpoint/formats/safetensors-writer.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import type { Source } from "../host/contract.js";
import type { Machine } from "../kernels/machine.js";
import { leastMemory } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { OutputFile } from "../types.js";
import { allocateRanks } from "./allocation.js";
import type { CompressedTensor, CompressOptions, CompressReport } from "./contract.js";
import { breakEven, energyKept, Factorizer, partsOf } from "./factor.js";
import type { Factored, LeftWhole } from "./factored.js";
import { type FileLayout, indexFile, layOutFile } from "./file-layout.js";
import type { CompressSettings } from "./options.js";
import { type OutputTensor, storedNumbers } from "./parts.js";
import { roundingLoss } from "./rounding-loss.js";
import { refuseCompressed } from "./source-file.js";
import type { FactorStore } from "./store.js";
import { streamOf } from "./streams.js";

/** One run over a checkpoint. */
export class Compression {
  private readonly matrices: StoredMatrix[];
  private readonly skipped: { name: string; reason: string }[];
  private factored: Promise<{ replaced: Factored[]; whole: LeftWhole[] }> | null = null;
  private readonly losses = new Map<Factored, number>();
  private readonly laidOut = new Map<Source, Promise<FileLayout>>();

  constructor(
    private readonly checkpoint: Interpreted,
    private readonly options: CompressOptions,
    private readonly settings: CompressSettings,
    private readonly store: FactorStore,
    private readonly machine: Machine,
  ) {
    if (checkpoint.files.length === 0) {
      throw new TypeError("compress needs the stored bytes of a checkpoint: give what openCheckpoint takes");
    }
    const { include, exclude, transpose } = options;
    const plan = planMatrices(checkpoint, { include, exclude, transpose });
    this.matrices = include ? plan.matrices : plan.matrices.filter(({ layer }) => layer !== null);
    this.skipped = plan.skipped;
    this.check();
  }

  async *files(): AsyncGenerator<OutputFile, void, void> {
    const { checkpoint } = this;
    await this.factors();
    for (const source of checkpoint.files) {
      const { name, tensors, metadata } = await this.layOut(source);
      yield { name, bytes: safetensorsFile(tensors, piecesOf(tensors, this.options.signal), metadata) };
    }
    const index = indexFile(checkpoint, await this.layouts());
    if (index) yield { name: index.name, bytes: streamOf([index.bytes]) };
  }

  async report(): Promise<CompressReport> {
    const { checkpoint, settings, skipped } = this;
    const { replaced, whole } = await this.factors();
    const tensors: CompressedTensor[] = replaced.map((one) => this.tensorReport(one));
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    const total = sum(replaced.map((one) => one.total));
    const kept = sum(replaced.map((one, i) => tensors[i].energy * one.total));
    return {
      schemaVersion: 1,
      source: {
        name: checkpoint.name.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, ""),
        format: checkpoint.format,
        byteLength: checkpoint.byteLength,
        parameters: checkpoint.tensors.reduce((count, tensor) => count + tensor.parameters, 0),
        matrices: this.matrices.length,
        skipped,
        notes: [...checkpoint.notes],
      },
      options: settings.described,
      tensors,
      summary: {
        weights: sum(replaced.map(({ rows, columns }) => rows * columns)),
        numbers: sum(tensors.map(({ numbers }) => numbers)),
        bits: sum(tensors.map(({ bits }) => bits)),
        bitsOfSource: sum(replaced.map(({ costs }) => costs.sourceBits)),
        energy: total > 0 ? kept / total : 1,
        bytes: await this.byteLength(),
        bytesOfSource: checkpoint.byteLength,
      },
      roles: this.rolesOf(replaced, tensors),
      notes: whole.map(({ matrix, reason }) => `${quoted(matrix.name)} is left as it is: ${reason}`),
    };
  }

  private rolesOf(replaced: readonly Factored[], tensors: readonly CompressedTensor[]): CompressReport["roles"] {
    const roles = new Map<string, CompressReport["roles"][number] & { total: number; kept: number }>();
    replaced.forEach(({ matrix, rows, columns, total }, i) => {
      const role = matrix.role ?? "other";
      const none = { role, matrices: 0, weights: 0, numbers: 0, bits: 0, energy: 0, total: 0, kept: 0 };
      const sums = roles.get(role) ?? none;
      sums.matrices++;
      sums.weights += rows * columns;
      sums.numbers += tensors[i].numbers;
      sums.bits += tensors[i].bits;
      sums.total += total;
      sums.kept += tensors[i].energy * total;
      roles.set(role, sums);
    });
    return [...roles.values()].map(({ total, kept, ...sums }) => ({ ...sums, energy: total > 0 ? kept / total : 1 }));
  }

  private tensorReport(one: Factored): CompressedTensor {
    const { name, numbers, rows, columns, kept, costs, total } = one;
    const count = storedNumbers(one);
    const lost = total > 0 ? this.losses.get(one)! / total : 0;
    const energy = Math.min(1, Math.max(0, energyKept(one) - lost));
    return { name, method: numbers.method, rows, columns, kept, numbers: count, bits: count * costs.bitsEach, energy };
  }

  /**
   * @throws RangeError where `memory` holds no row of a matrix.
   */
  private check(): void {
    const { settings } = this;
    for (const matrix of this.matrices) {
      const least = leastMemory(matrix);
      if (least <= settings.memory) continue;
      throw new RangeError(
        `memory: ${settings.memory} bytes hold no row of ${quoted(matrix.name)}; the least is ${least}`,
      );
    }
  }

  /** All matrices, each in its turn; then how much of each is kept, where that is decided over all. */
  private factors(): Promise<{ replaced: Factored[]; whole: LeftWhole[] }> {
    this.factored ??= this.factorAll();
    return this.factored;
  }

  private async factorAll(): Promise<{ replaced: Factored[]; whole: LeftWhole[] }> {
    const { checkpoint, settings, store, machine, matrices, options } = this;
    const factorizer = new Factorizer({ machine, store, settings, checkpoint, signal: options.signal });
    const meter = new ProgressMeter(matrices, options.onProgress);
    for (const source of checkpoint.files) await refuseCompressed(source, options.signal);
    const found: (Factored | LeftWhole)[] = [];
    for (const [index, matrix] of matrices.entries()) {
      options.signal?.throwIfAborted();
      const bytes = {
        read: async (start: number, end: number, into?: Uint8Array): Promise<Uint8Array> => {
          const { tensor, byteStart } = matrix;
          const read = await checkpoint.readBytes(tensor, byteStart + start, byteStart + end, options.signal, into);
          meter.read(index, read.length);
          return read;
        },
      };
      found.push(await factorizer.run(matrix, bytes));
      meter.finish(index);
    }
    let replaced = found.filter((one): one is Factored => !("reason" in one));
    const whole = found.filter((one): one is LeftWhole => "reason" in one);
    if (settings.pooled) this.allocate(replaced);
    const dear = this.dearOnes(replaced, whole);
    replaced = replaced.filter(({ matrix }) => !dear.has(matrix.tensor.name));
    for (const one of replaced) this.losses.set(one, await roundingLoss(machine, store.spool, one));
    return { replaced, whole };
  }

  private allocate(replaced: Factored[]): void {
    const { keep, allocate } = this.settings;
    const until = keep.kind === "energy" ? { energy: keep.value } : { budget: keep.kind === "budget" ? keep.value : 1 };
    const spectra = replaced.map(({ costs, squares, total }) => ({ ...costs, squares, total }));
    const ranks = allocateRanks(spectra, allocate === "relative-energy", until);
    replaced.forEach((one, i) => {
      one.kept = ranks[i];
    });
  }

  /**
   * Tensors that stay whole: where numbers would take as many bits as the weights, and where another slice of the same
   * stack stays, or is not among those chosen.
   */
  private dearOnes(replaced: readonly Factored[], whole: LeftWhole[]): Set<string> {
    const names = new Set(whole.map(({ matrix }) => matrix.tensor.name));
    for (const { matrix, kept, costs, numbers } of replaced) {
      const dear =
        numbers.method === "gaussian"
          ? kept * costs.rows * costs.bitsEach >= costs.sourceBits
          : kept > breakEven(costs);
      if (!dear) continue;
      names.add(matrix.tensor.name);
      whole.push({ matrix, reason: "what would stand for it takes as many bits" });
    }
    const weights = new Map<string, number>();
    for (const { matrix } of replaced) {
      weights.set(matrix.tensor.name, (weights.get(matrix.tensor.name) ?? 0) + matrix.rows * matrix.columns);
    }
    for (const { matrix } of replaced) {
      const parts = partsOf(this.checkpoint, matrix);
      if (!parts?.some(({ file }) => file !== matrix.tensor.file)) continue;
      names.add(matrix.tensor.name);
      whole.push({ matrix, reason: "its tensors are in several files" });
    }
    for (const { matrix } of replaced) {
      const { name, parameters } = matrix.tensor;
      if (names.has(name) || weights.get(name) === parameters) continue;
      names.add(name);
      whole.push({ matrix, reason: "not all slices of its stack are chosen" });
    }
    return names;
  }

  private layOut(source: Source): Promise<FileLayout> {
    const known = this.laidOut.get(source) ?? this.layOutFile(source);
    this.laidOut.set(source, known);
    return known;
  }

  private async layOutFile(source: Source): Promise<FileLayout> {
    const { checkpoint, store, machine, options } = this;
    const { replaced } = await this.factors();
    return layOutFile({ checkpoint, spool: store.spool, machine, source, replaced, signal: options.signal });
  }

  /** Of all files, known before any is written. */
  private async byteLength(): Promise<number> {
    const layouts = await this.layouts();
    const index = indexFile(this.checkpoint, layouts);
    const lengths = layouts.map(({ tensors, metadata }) =>
      safetensorsLength(safetensorsHeader(tensors, metadata), tensors),
    );
    return lengths.reduce((sum, length) => sum + length, index?.bytes.length ?? 0);
  }

  private async layouts(): Promise<FileLayout[]> {
    const layouts: FileLayout[] = [];
    for (const source of this.checkpoint.files) layouts.push(await this.layOut(source));
    return layouts;
  }
}

/** The bytes of tensors one after the other. */
async function* piecesOf(
  tensors: readonly OutputTensor[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  for (const tensor of tensors) {
    for await (const piece of tensor.pieces()) {
      signal?.throwIfAborted();
      yield piece;
    }
  }
}
