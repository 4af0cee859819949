import { chosenOf, type Names } from "../base/arguments.js";
import { filesAndReport } from "../base/files-and-report.js";
import { type EncodedType, encodeElements } from "../checkpoint/encode.js";
import { safetensorsFile } from "../checkpoint/formats/safetensors-writer.js";
import type { Factors, WantedRank } from "../matrix/change/factors.js";
import type { AdapterOptions, Checkpoint, CheckpointInput, CompareReport, OutputFile } from "../types.js";
import { type AdapterPlan, planAdapter, tensorsOf } from "./adapter-plan.js";
import { type Both, COMPARE, changesOf, checkedCompareOptions, openBoth } from "./compare.js";
import type { MatrixPair } from "./match.js";

const DTYPES: Readonly<Record<"f32" | "bf16" | "f16", EncodedType>> = { f32: "F32", bf16: "BF16", f16: "F16" };

const ADAPTER = { ...COMPARE, rank: 1, energy: 1, factors: 1, rest: 1 } satisfies Names<AdapterOptions>;

/** @throws RangeError naming the option that is out of range. */
function checkedWanted(options: AdapterOptions): { wanted: WantedRank; dtype: EncodedType } {
  const { rank, energy, factors = "bf16" } = options;
  if (rank !== undefined && (!Number.isInteger(rank) || rank < 1))
    throw new RangeError(`rank must be a whole number from 1, not ${rank}`);
  if (energy !== undefined && !(energy > 0 && energy <= 1))
    throw new RangeError(`energy must be above 0 and at most 1, not ${energy}`);
  if (rank !== undefined && energy !== undefined)
    throw new RangeError("an adapter takes a rank or an energy, not both");
  if (!Object.hasOwn(DTYPES, factors)) throw new RangeError(`factors must be f32, bf16 or f16, not ${String(factors)}`);
  return { wanted: { rank, energy }, dtype: DTYPES[factors] };
}

/**
 * A LoRA of `tuned` − `base` in PEFT's format: adapter_config.json, then adapter_model.safetensors, as they are read;
 * the report when the last byte is out. One rank for all modules, `lora_alpha` equal to it, smaller ranks padded with
 * zeros, nothing clamped (docs/method.md §10). Factors beyond `memory` are found a second time as their bytes are asked
 * for.
 * @throws as `compare`; CheckpointError "fused-experts", "no-modules", and "nothing-changed" where there is nothing to
 * hold. Both `files` and `report` reject.
 */
export function extractAdapter(
  base: CheckpointInput | Checkpoint,
  tuned: CheckpointInput | Checkpoint,
  given: AdapterOptions = {},
): { files: AsyncIterable<OutputFile>; report: Promise<CompareReport> } {
  return filesAndReport("the adapter was not read to its end", async function* (done: (report: CompareReport) => void) {
    let both: Both | null = null;
    try {
      const options = chosenOf(given, ADAPTER);
      const checked = checkedWanted(options);
      checkedCompareOptions(options);
      options.signal?.throwIfAborted();
      both = await openBoth(base, tuned, options);
      const plan = await planAdapter(both, options, checked);
      yield { name: "adapter_config.json", bytes: streamOf(new TextEncoder().encode(plan.config)) };
      const tensors = tensorsOf(plan);
      let written = false;
      const parts = partsOf(plan, options, () => {
        written = true;
      });
      yield { name: "adapter_model.safetensors", bytes: safetensorsFile(tensors, parts, { format: "pt" }) };
      if (!written) throw new Error("the adapter was not read to its end");
      done(plan.report);
    } finally {
      await both?.close();
    }
  });
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** Bytes of all tensors in their order; factors that were not kept are found again. */
async function* partsOf(plan: AdapterPlan, options: AdapterOptions, written: () => void): AsyncGenerator<Uint8Array> {
  const { rank, dtype, modules, rest } = plan;
  for (const { pair, factors, rank: own } of modules) {
    const { rows, columns } = pair.shape;
    const { left, right } = factors ?? (await foundAgain(pair, options, own));
    const padded = new Float32Array(rows * rank);
    for (let i = 0; i < rows; i++) padded.set(left.subarray(i * own, (i + 1) * own), i * rank);
    const below = new Float32Array(rank * columns);
    below.set(right);
    yield encodeElements(dtype, below);
    yield encodeElements(dtype, padded);
  }
  for (const one of rest.saved) yield* one.read(options.signal);
  written();
}

async function foundAgain(pair: MatrixPair, options: AdapterOptions, rank: number): Promise<Factors> {
  const { onProgress: _, ...silent } = options;
  const [{ figures }] = await changesOf([pair], { ...silent, threads: 1 }, { factors: () => ({ rank }) });
  return figures.factors!;
}
