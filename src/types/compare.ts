/** Two checkpoints, and the adapter that leads from one to the other. */
import type { Progress } from "./analyze.js";
import type { ParticipationRatio } from "./kernels.js";
import type { Report } from "./report.js";

/** A matrix on both sides. docs/method.md §10. */
export interface ComparedMatrix {
  /** As the tuned side calls it, and as the base does. */
  name: string;
  baseName: string;
  layer: number | null;
  stack: string | null;
  role: string | null;
  rows: number;
  columns: number;
  /** ‖W‖ of the base. */
  norm: number;
  /** ‖ΔW‖/‖W‖; null where the base is zero and something changed. */
  relativeChange: number | null;
  /** Of ΔW with W. Null where nothing changed, as the ranks are; rankAboveRounding is then 0. */
  cosine: number | null;
  /** Share of entries that changed. */
  changed: number;
  /** Of ΔW. */
  participation: ParticipationRatio | null;
  /** nd/(n+d+1). */
  noiseParticipationRatio: number;
  energyRanks: { "0.5": number; "0.9": number; "0.99": number } | null;
  /** Singular values of ΔW above 1.2 times the norm of the noise that rounding to the two files' types leaves. */
  rankAboveRounding: number;
  /** Directions of ΔW above its own noise (docs/method.md §8). */
  signal: ChangeSignal | null;
}

/** docs/method.md §8, of ΔW. */
export interface ChangeSignal {
  directions: number;
  parameters: number;
  energy: number;
  edge: number;
  noiseVariance: number;
  kritchmanNadler: number;
  below: number;
  bulk: number | null;
  verdict: "ok" | "no Marchenko–Pastur bulk" | "no bulk";
}

/** Several matrices together: ‖ΔW‖/‖W‖ over all their entries; ranks over those that changed. */
export interface ChangedGroup {
  matrices: number;
  unchanged: number;
  relativeChange: number | null;
  /** Null where nothing changed. */
  medianRank90: number | null;
  largestRankAboveRounding: number;
}

/** What `compare --format json` prints, whole; plain data as `Report` is. */
export interface CompareReport {
  schemaVersion: 1;
  base: Report["source"];
  tuned: Report["source"];
  options: Record<string, unknown>;
  /** In the order of the tuned side. */
  matrices: ComparedMatrix[];
  /** Vectors on both sides. */
  others: { name: string; relativeChange: number | null }[];
  unmatched: { base: string[]; tuned: string[] };
  layers: ({ stack: string; layer: number } & ChangedGroup)[];
  roles: ({ role: string } & ChangedGroup)[];
  /** Layer × role. */
  cells: ({ stack: string; layer: number; role: string } & ChangedGroup)[];
  /** What a LoRA of one rank for all matrices inside layers would hold of their change, and the numbers it takes. */
  adapterRanks: { rank: number; energy: number; parameters: number }[];
  /** By type, where a side is quantised: ‖ΔW‖²/‖W‖² and bits a weight. */
  quantisation: {
    side: "base" | "tuned";
    dtype: string;
    bits: number;
    matrices: number;
    weights: number;
    error: number;
  }[];
  /** Of `extractAdapter`. */
  adapter?: AdapterReport;
  /** What a reader must know: tensors of another shape, rows put into another order, ties. */
  notes: string[];
  /** Matrices with weights that are not finite on either side. */
  failed: { name: string; reason: string }[];
  summary: {
    matrices: number;
    unchanged: number;
    /** Over the matrices that changed: √Σ‖ΔW‖² / √Σ‖W‖². 0 where none did. */
    relativeChange: number;
    medianRank90: number;
    smallestRank90: number;
    largestRank90: number;
    /** Over the matrices that changed. */
    smallestRankAboveRounding: number;
    largestRankAboveRounding: number;
    others: number;
    othersChanged: number;
    /** Share of Σ‖Δ‖² that is in vectors. */
    shareOutsideMatrices: number;
  };
}

/** An adapter that was written, or left to be read from its stream. */
export interface AdapterReport {
  /** Of every module; `lora_alpha` is the same. */
  rank: number;
  factors: "f32" | "bf16" | "f16";
  modules: number;
  /** Numbers in the factors, those that pad smaller ranks with zeros too, and bytes of adapter_model.safetensors. */
  parameters: number;
  bytes: number;
  /** Share of ‖ΔW‖² of its modules that the factors hold. */
  energy: number;
  /** Share of all that changed in either: modules saved whole count as held. */
  held: number;
  /** Tensors saved whole, and those that changed and are in neither, with their share of all that changed. */
  saved: string[];
  leftOut: { name: string; share: number }[];
}

/** Which matrices `compare` takes, and how it runs. */
export interface CompareOptions {
  /** By the name on the tuned side. */
  include?: RegExp | undefined;
  exclude?: RegExp | undefined;
  /** As in `analyze`; the report has the same bits whatever they are. */
  threads?: number | undefined;
  memory?: number | undefined;
  /** Of the rounding noise. Default 1. */
  seed?: number | undefined;
  module?: WebAssembly.Module | undefined;
  workerUrl?: string | URL | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes of weights are read and matrices are finished, in no fixed order of matrices. */
  onProgress?(progress: Progress): void;
}

/** Which change `extractAdapter` writes as a LoRA, and how. */
export interface AdapterOptions extends CompareOptions {
  /**
   * Rank of every module, smaller ones padded with zeros; or the share of energy that each is to hold. Neither: what
   * stands above rounding.
   */
  rank?: number | undefined;
  energy?: number | undefined;
  /** How factors are stored. Default "bf16". */
  factors?: "f32" | "bf16" | "f16" | undefined;
  /** Write what a LoRA cannot hold (embeddings, head, norms that changed) as modules to save. Default false. */
  rest?: boolean | undefined;
}
