import { printable } from "../base/printable.js";
import { bitsEach, type SweepMethod, type SweepReport, type SweepRow } from "../compress/sweep.js";
import { csvLines } from "./csv-cells.js";
import { count, decimals, figure, percent } from "./format.js";
import { type Column, type Paint, type Row, tableLines, wrapped } from "./layout.js";
import { markdownTable, markdownText } from "./markdown-cells.js";

const METHODS: Record<SweepMethod, string> = {
  none: "as it is",
  singular: "singular",
  gaussian: "Gaussians",
  rounding: "rounding",
};

/** What a row is called: "singular vectors, 1/4". */
export const sweepLabel = ({ method, asked }: SweepRow): string =>
  method === "none" ? METHODS.none : `${METHODS[method]}, ${printable(asked)}`;

const value = ({ value }: SweepRow): string => (value === null ? "failed" : figure(value, 5));

const placed = ({ part }: SweepRow): string => (part === null ? "" : `${printable(part)}, `);

/** The answer in a sentence: what COMMAND says of the checkpoint as it is, and of what is left of it. */
export function sweepAnswer({ source, rows }: SweepReport): string {
  const own = rows.find(({ method }) => method === "none");
  const others = rows.filter((row) => row.method !== "none" && row.value !== null);
  const said = others
    .slice(0, 8)
    .map((row) => `${value(row)} at ${decimals(bitsEach(row), 2)} bits (${placed(row)}${sweepLabel(row)})`);
  const rest = others.length > said.length ? `, and ${others.length - said.length} more` : "";
  const whole = own?.value === null || own === undefined ? "not known as it is" : `${value(own)} as it is`;
  return `${printable(source.name)}: ${[whole, ...said].join(", ")}${rest}.`;
}

/** What is replaced, in words. */
function replaced({ parts }: SweepReport): string {
  if (parts.length === 1 && parts[0].part === null) {
    const { names, weights } = parts[0];
    return `Replaced: ${count(names.length)} matrices of ${count(weights)} weights; all else stays as it is.`;
  }
  return `Replaced: one of ${count(parts.length)} parts at a time; all else stays as it is.`;
}

const NOTES = [
  "Bits: those stored in the place of a weight, scales included; share: of the bits that the weights take in the " +
    "source. Energy: share of the squared norm that is kept. Value: the last number that the command prints.",
];

interface Field {
  title: string;
  csv: string;
  align: "left" | "right";
  text(row: SweepRow, report: SweepReport): string;
  raw(row: SweepRow, report: SweepReport): string | number | null;
}

const partOf = (row: SweepRow, { parts }: SweepReport) => parts.find(({ part }) => part === row.part);

const common: Field[] = [
  { title: "kept", csv: "kept", align: "left", text: sweepLabel, raw: ({ asked }) => asked },
  {
    title: "numbers",
    csv: "numbers",
    align: "right",
    text: ({ numbers }) => count(numbers),
    raw: ({ numbers }) => numbers,
  },
  { title: "bits", csv: "bits", align: "right", text: (row) => decimals(bitsEach(row), 2), raw: ({ bits }) => bits },
  {
    title: "share",
    csv: "bitsOfSource",
    align: "right",
    text: ({ bits, bitsOfSource }) => percent(bits / bitsOfSource),
    raw: ({ bitsOfSource }) => bitsOfSource,
  },
  {
    title: "energy",
    csv: "energy",
    align: "right",
    text: ({ energy }) => percent(energy),
    raw: ({ energy }) => energy,
  },
  { title: "value", csv: "value", align: "right", text: value, raw: (row) => row.value },
];

const ofParts: Field[] = [
  { title: "part", csv: "part", align: "left", text: ({ part }) => printable(part ?? ""), raw: ({ part }) => part },
  {
    title: "norm",
    csv: "norm",
    align: "right",
    text: (row, report) => (row.part === null ? "" : figure(partOf(row, report)?.norm ?? Number.NaN)),
    raw: (row, report) => partOf(row, report)?.norm ?? null,
  },
  {
    title: "signal",
    csv: "signal",
    align: "right",
    text: (row, report) => {
      const signal = row.part === null ? null : partOf(row, report)?.signal;
      return signal ? `${count(signal.directions)}/${count(signal.of)}` : "";
    },
    raw: (row, report) => partOf(row, report)?.signal?.directions ?? null,
  },
];

const byParts = ({ parts }: SweepReport): boolean => parts.some(({ part }) => part !== null);
/** Fields of a report: parts only where there are some. */
export const sweepFields = (report: SweepReport): Field[] => (byParts(report) ? [...ofParts, ...common] : common);

/** For a terminal. */
export function sweepTable(report: SweepReport, width: number, paint: Paint): string {
  const fields = sweepFields(report);
  const columns = fields.map(({ title, align }): Column => ({ title, align, gap: byParts(report) ? 1 : 2 }));
  const rows = report.rows.map(
    (row): Row =>
      fields.map((field) => ({ text: field.text(row, report), style: row.method === "none" ? "strong" : undefined })),
  );
  return [
    ...wrapped(sweepAnswer(report), width, "", "  ").map((line) => paint("strong", line)),
    ...wrapped(replaced(report), width, "", "  "),
    ...wrapped(printable(`Value: ${report.command}`, Number.POSITIVE_INFINITY), width, "", "  "),
    "",
    ...tableLines(columns, rows, width, paint),
    "",
    ...NOTES.flatMap((note) => wrapped(note, width)).map((line) => paint("dim", line)),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** One line a point of the sweep. */
export function sweepCsv(report: SweepReport): string {
  const fields = sweepFields(report);
  return csvLines([
    ["source", "method", "weights", ...fields.map(({ csv }) => csv)],
    ...report.rows.map((row) => [
      report.source.name,
      row.method,
      row.weights,
      ...fields.map((field) => field.raw(row, report)),
    ]),
  ]);
}

/** The sweep's answer, its table and what must be known to read it. */
export function sweepMarkdown(report: SweepReport): string {
  const fields = sweepFields(report);
  const table = markdownTable(
    fields.map(({ title }) => title),
    fields.map(({ align }) => align),
    report.rows.map((row) => fields.map((field) => markdownText(field.text(row, report)))),
  );
  const lines = [sweepAnswer(report), replaced(report), `Value: ${report.command}`, ...NOTES];
  const [answer, what, how, note] = lines.map(markdownText);
  return `${answer}\n\n${what} ${how}\n\n${table}\n${note}\n`;
}
