import { fitPowerLaw } from "../base/statistics.js";
import type { ParticipationRatio, TransitionOptions, TransitionReport } from "../types.js";
import { type KeyedRow, within } from "./row.js";
import { zipfStream } from "./zipf.js";

/** PR against vocabulary: of T's antisymmetric part, of the counts' symmetric part; docs/method.md §7 and §4. */
export const PUBLISHED = [
  { vocabulary: 500, antisymmetric: 2.01, symmetric: 1.01 },
  { vocabulary: 1000, antisymmetric: 2, symmetric: 1.01 },
  { vocabulary: 2000, antisymmetric: 2, symmetric: 1.02 },
  { vocabulary: 4000, antisymmetric: 2, symmetric: 1.02 },
  { vocabulary: 10_000, antisymmetric: 2, symmetric: null },
  { vocabulary: 100_000, antisymmetric: 1.99, symmetric: null },
] as const;
const PUBLISHED_EXPONENT = -0.001;
const VOCABULARIES = /* @__PURE__ */ PUBLISHED.map(({ vocabulary }) => vocabulary);
/** Published to two decimals; a finite stream agrees where it is this near. */
const TOLERANCE = 0.02;

const SHUFFLES = 5;

/** The independent streams (Zipfian) that stand for the null, and a text to put beside them. */
export interface TransitionTableOptions {
  /** Tokens of the independent streams. */
  lengths: readonly number[];
  /** Word types of the streams, and the exponent of their frequencies. */
  types: number;
  exponent: number;
  seed: number;
  /** A text beside its own shuffles. */
  corpus?:
    | {
        name: string;
        /** Called once for each matrix: the whole text, or its pieces. */
        text: () => string | AsyncIterable<string>;
      }
    | undefined;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal | undefined;
}

type Analyze = (
  text: string | AsyncIterable<string> | Uint32Array,
  options: TransitionOptions,
) => Promise<TransitionReport[]>;
type Part = "antisymmetric" | "symmetric";

const MATRIX = { antisymmetric: "transition", symmetric: "counts" } as const;
const QUANTITY = {
  antisymmetric: "PR of T's antisymmetric part",
  symmetric: "PR of the counts' symmetric part",
} as const;
const LIMIT = { antisymmetric: 2, symmetric: 1 } as const;
const BELOW_FLOOR = "1.99 cannot be: singular values of an antisymmetric matrix come in pairs, 2 is the floor";

const publishedFor = (vocabulary: number, part: Part): number | null =>
  PUBLISHED.find((row) => row.vocabulary === vocabulary)?.[part] ?? null;

function noteFor(part: Part, published: number | null, where: "limit" | "stream" | "corpus"): string {
  if (published !== null && published < LIMIT[part]) return BELOW_FLOOR;
  return {
    limit: "tokens drawn one by one from any frequencies, without grammar, in the limit",
    stream: "above the limit by sampling noise alone, which falls as the stream grows",
    corpus: "",
  }[where];
}

function line(
  source: string,
  report: TransitionReport,
  part: Part,
  asked: number,
  where: "stream" | "corpus",
): KeyedRow {
  const ratio: ParticipationRatio | null = report[part];
  const published = report.vocabulary === asked ? publishedFor(asked, part) : null;
  const shuffled = report.shuffled.shuffles > 0 ? report.shuffled[part] : null;
  return {
    source,
    key: part,
    quantity: QUANTITY[part],
    vocabulary: report.vocabulary,
    tokens: report.tokens,
    lower: ratio?.lower ?? null,
    upper: ratio?.upper ?? null,
    standardError: ratio?.standardError ?? null,
    shuffled: shuffled?.[0] ?? null,
    shuffledDeviation: shuffled?.[1] ?? null,
    published,
    measured: ratio?.value ?? null,
    agrees:
      published === null || ratio === null
        ? null
        : published >= LIMIT[part] && within(ratio.value, published, TOLERANCE),
    note:
      report.vocabulary < asked
        ? `all ${report.vocabulary} words of the text; ${asked} were asked for`
        : noteFor(part, published, where),
  };
}

/** The exponent of PR against vocabulary with its 95 % interval; it needs three vocabularies. */
function exponentLine(
  source: string,
  tokens: number | null,
  reports: readonly TransitionReport[],
  part: Part,
): KeyedRow[] {
  const points = reports.flatMap((report) =>
    report[part] ? [{ vocabulary: report.vocabulary, value: report[part].value }] : [],
  );
  if (new Set(points.map(({ vocabulary }) => vocabulary)).size < 3) return [];
  const law = fitPowerLaw(
    points.map(({ vocabulary }) => vocabulary),
    points.map(({ value }) => value),
  );
  const published = part === "antisymmetric" ? PUBLISHED_EXPONENT : null;
  return [
    {
      source,
      key: `${part}-exponent`,
      quantity: `exponent of V, ${QUANTITY[part]}`,
      vocabulary: null,
      tokens,
      lower: law.lower,
      upper: law.upper,
      standardError: law.standardError,
      r2: law.r2,
      published,
      measured: law.exponent,
      agrees: published === null ? null : law.lower <= published && published <= law.upper,
      note: "95 % interval, from the scatter about the line alone",
    },
  ];
}

/**
 * PR against vocabulary, 500 to 100,000, every one measured: for independent Zipf streams of several lengths, for their
 * exact limit, and for a corpus beside its own shuffles.
 */
export async function transitionTable(analyze: Analyze, options: TransitionTableOptions): Promise<KeyedRow[]> {
  const { lengths, types, exponent, seed, corpus, onProgress, signal } = options;
  const parts: Part[] = ["antisymmetric", "symmetric"];
  const total = 2 * (lengths.length * VOCABULARIES.length + (corpus ? VOCABULARIES.length * (1 + SHUFFLES) : 0));
  let begun = 0;
  const rows: KeyedRow[] = parts.flatMap((part) =>
    VOCABULARIES.map((vocabulary): KeyedRow => {
      const published = publishedFor(vocabulary, part);
      return {
        source: "independent tokens, exact limit",
        key: part,
        quantity: QUANTITY[part],
        vocabulary,
        tokens: null,
        lower: LIMIT[part],
        upper: LIMIT[part],
        standardError: 0,
        shuffled: null,
        shuffledDeviation: null,
        published,
        measured: LIMIT[part],
        agrees: published === null ? null : published >= LIMIT[part] && within(LIMIT[part], published, TOLERANCE),
        note: noteFor(part, published, "limit"),
      };
    }),
  );
  const measure = async (
    source: string,
    text: () => string | AsyncIterable<string> | Uint32Array,
    shuffles: number,
  ): Promise<void> => {
    for (const part of parts) {
      const reports = await analyze(text(), {
        vocabulary: [...VOCABULARIES],
        matrix: MATRIX[part],
        shuffles,
        seed,
        signal,
        onProgress: ({ done }) => onProgress?.(begun + done, total),
      });
      begun += VOCABULARIES.length * (1 + shuffles);
      // A text with fewer words than asked for says the same for every larger vocabulary.
      const distinct = reports.filter((report, i) => i === 0 || report.vocabulary !== reports[i - 1].vocabulary);
      rows.push(
        ...distinct.map((report) =>
          line(source, report, part, VOCABULARIES[reports.indexOf(report)], shuffles > 0 ? "corpus" : "stream"),
        ),
        ...exponentLine(source, distinct[0]?.tokens ?? null, distinct, part),
      );
    }
  };
  for (const length of lengths) {
    const tokens = zipfStream(length, types, exponent, seed);
    await measure(`independent Zipf stream, exponent ${exponent}, ${types} types`, () => tokens, 0);
  }
  if (corpus) await measure(corpus.name, corpus.text, SHUFFLES);
  return rows;
}
