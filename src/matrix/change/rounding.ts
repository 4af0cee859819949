import { Random, seedFor } from "../../base/random.js";
import type { RowsOfBoth } from "./rows.js";

/**
 * How far apart the values are that a storage type can hold, entry by entry: the unit in the last place of a float, or
 * the step of a block of integers. docs/method.md §10.
 */
export type Spacing =
  /** Bits of the significand after the point, and the exponent of the smallest normal number. */
  | { kind: "float"; bits: number; least: number }
  /** `length` values along the row share a scale; their range holds `steps` steps. */
  | { kind: "block"; length: number; steps: number };

const float = (bits: number, least: number): Spacing => ({ kind: "float", bits, least });
const block = (length: number, steps: number): Spacing => ({ kind: "block", length, steps });

/** By the name that headers give the type. F64 is read as F32. */
const spacings = new Map<string, Spacing>([
  ["F32", /* @__PURE__ */ float(23, -126)],
  ["F64", /* @__PURE__ */ float(23, -126)],
  ["F16", /* @__PURE__ */ float(10, -14)],
  ["BF16", /* @__PURE__ */ float(7, -126)],
  ["F8_E4M3", /* @__PURE__ */ float(3, -6)],
  ["F8_E5M2", /* @__PURE__ */ float(2, -14)],
  ["F8_E4M3FNUZ", /* @__PURE__ */ float(3, -7)],
  ["F8_E5M2FNUZ", /* @__PURE__ */ float(2, -15)],
  ["F8_E8M0", /* @__PURE__ */ float(0, -126)],
  ["F6_E2M3", /* @__PURE__ */ float(3, 0)],
  ["F6_E3M2", /* @__PURE__ */ float(2, -2)],
  ["F4", /* @__PURE__ */ float(1, 0)],
  ["Q4_0", /* @__PURE__ */ block(32, 15)],
  ["Q4_1", /* @__PURE__ */ block(32, 15)],
  ["Q5_0", /* @__PURE__ */ block(32, 31)],
  ["Q5_1", /* @__PURE__ */ block(32, 31)],
  ["Q8_0", /* @__PURE__ */ block(32, 254)],
  ["Q8_1", /* @__PURE__ */ block(32, 254)],
  ["Q8_K", /* @__PURE__ */ block(256, 254)],
  ["Q2_K", /* @__PURE__ */ block(16, 3)],
  ["Q3_K", /* @__PURE__ */ block(16, 7)],
  ["Q4_K", /* @__PURE__ */ block(32, 15)],
  ["Q5_K", /* @__PURE__ */ block(32, 31)],
  ["Q6_K", /* @__PURE__ */ block(16, 63)],
  ["IQ4_NL", /* @__PURE__ */ block(32, 15)],
  ["IQ4_XS", /* @__PURE__ */ block(32, 15)],
  ["IQ3_XXS", /* @__PURE__ */ block(32, 7)],
  ["IQ3_S", /* @__PURE__ */ block(32, 7)],
  ["IQ2_XXS", /* @__PURE__ */ block(32, 3)],
  ["IQ2_XS", /* @__PURE__ */ block(16, 3)],
  ["IQ2_S", /* @__PURE__ */ block(16, 3)],
  ["IQ1_S", /* @__PURE__ */ block(32, 2)],
  ["IQ1_M", /* @__PURE__ */ block(16, 2)],
  ["TQ1_0", /* @__PURE__ */ block(256, 2)],
  ["TQ2_0", /* @__PURE__ */ block(256, 2)],
  ["MXFP4", /* @__PURE__ */ block(32, 12)],
]);

/**
 * Of a type put together from several tensors ("GPTQ-4", "FP8 128×128") by its family and bits; as F32 where nothing is
 * known.
 */
export function spacingOf(type: string): Spacing {
  const known = spacings.get(type);
  if (known) return known;
  if (/^(?:FP8|F8|NVFP8)/i.test(type)) return float(3, -126);
  if (/^(?:NVFP4|MXFP4|FP4)/i.test(type)) return block(16, 12);
  const bits = /-(\d)\b/.exec(type);
  if (bits) return block(32, (1 << Number(bits[1])) - 1);
  return float(23, -126);
}

/** Whether values share scales, so that what lies between two files is a quantiser's error. */
export const isQuantised = (type: string): boolean =>
  spacingOf(type).kind === "block" || /^(?:FP?8|F[46]_|F4$)/i.test(type);

const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/** 2^exponent, exactly, for exponents of normal numbers. */
function powerOfTwo(exponent: number): number {
  bits.setFloat64(0, 0);
  bits.setUint16(0, (exponent + 1023) << 4);
  return bits.getFloat64(0);
}

/** The unit in the last place by the eight exponent bits of the value as f32. */
function unitTable(bitsAfterPoint: number, least: number): Float64Array {
  return Float64Array.from({ length: 256 }, (_, biased) => powerOfTwo(Math.max(biased - 127, least) - bitsAfterPoint));
}

/** The spacing at each of some values, for one type. */
export class Units {
  private readonly table: Float64Array | null;

  constructor(private readonly spacing: Spacing) {
    this.table = spacing.kind === "float" ? unitTable(spacing.bits, spacing.least) : null;
  }

  /** Of the values [start, start + into.length), one row. */
  row(values: Float32Array, start: number, into: Float64Array): void {
    const { spacing, table } = this;
    if (table) {
      const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
      for (let j = 0; j < into.length; j++) into[j] = table[(words[start + j] >>> 23) & 255];
    } else if (spacing.kind === "block") {
      for (let first = 0; first < into.length; first += spacing.length) {
        const last = Math.min(into.length, first + spacing.length);
        let low = Infinity;
        let high = -Infinity;
        for (let j = first; j < last; j++) {
          low = Math.min(low, values[start + j]);
          high = Math.max(high, values[start + j]);
        }
        into.fill((high - low) / spacing.steps, first, last);
      }
    }
  }
}

/**
 * What rounding alone would leave between two files: at each entry the unit of the one times a uniform number from ±½
 * plus that of the other times another. Seeded by the matrix and its row, so rows may be asked for in any order.
 */
export class RoundingNoise {
  private readonly units: [Units, Units];
  private readonly spaces: [Float64Array, Float64Array];
  private readonly seed: number;

  constructor(base: Spacing, tuned: Spacing, columns: number, seed: number, name: string) {
    this.units = [new Units(base), new Units(tuned)];
    this.spaces = [new Float64Array(columns), new Float64Array(columns)];
    this.seed = seedFor(seed, name);
  }

  /** Row `row` of the matrix, whose values begin at `start` on both sides. */
  row(row: number, { base, tuned }: RowsOfBoth, start: number, into: Float32Array): void {
    const [ofBase, ofTuned] = this.spaces;
    const random = new Random(seedFor(this.seed, String(row)));
    this.units[0].row(base, start, ofBase);
    this.units[1].row(tuned, start, ofTuned);
    for (let j = 0; j < ofBase.length; j++) {
      // Two numbers of 16 bits from one draw, each in the middle of its step.
      const drawn = random.uint32();
      into[j] = (ofTuned[j] * ((drawn >>> 16) - 32767.5) + ofBase[j] * ((drawn & 65535) - 32767.5)) / 65536;
    }
  }
}
