import { printable } from "../base/printable.js";
import { layerOf, roleOf } from "../checkpoint/names.js";
import type { InspectReport, TensorInfo } from "../types.js";
import { csvLines } from "./csv-cells.js";
import { distinctCuts, printableNames, toldApart } from "./distinct.js";
import { bytes, count, cut, largestOf, padEnd, plural, widthOf } from "./format.js";
import { tensorsOf } from "./inspected-tensors.js";
import { besideFirst, type Column, type Paint, type Row, tableLines, wrapped } from "./layout.js";
import { markdownName, markdownNames, markdownTable, markdownText } from "./markdown-cells.js";

/** What is shown of a checkpoint: its tensors as they are stored, or what they mean. */
export interface Inspection {
  name: string;
  format: string;
  byteLength: number;
  parameters: number;
  tensors: (TensorInfo & { layer: number | null; role: string | null })[];
  /** One for each type, in order of appearance. */
  dtypes: { dtype: string; tensors: number; parameters: number; byteLength: number }[];
  metadata: Record<string, unknown>;
  /** Companions of quantised weights, buffers, what cannot be dequantised: not shown among the tensors. */
  asides: { name: string; reason: string }[];
  notes: readonly string[];
}

/** `raw`: every tensor as it is stored. Else matrices whole, and what is none beside them. */
export function inspection(report: InspectReport, raw: boolean): Inspection {
  const { source, metadata } = report;
  const tensors = (raw ? report.tensors : tensorsOf(report)).map((tensor) => ({
    ...tensor,
    layer: layerOf(tensor.name),
    role: roleOf(tensor.name),
  }));
  const dtypes = new Map<string, Inspection["dtypes"][number]>();
  for (const tensor of tensors) {
    let total = dtypes.get(tensor.dtype);
    if (!total) dtypes.set(tensor.dtype, (total = { dtype: tensor.dtype, tensors: 0, parameters: 0, byteLength: 0 }));
    total.tensors++;
    total.parameters += tensor.parameters;
    total.byteLength += tensor.byteLength;
  }
  const shown = new Set(tensors.map(({ name }) => name));
  return {
    name: source.name,
    format: source.format,
    byteLength: source.byteLength,
    parameters: raw ? tensors.reduce((sum, tensor) => sum + tensor.parameters, 0) : report.weights,
    tensors,
    dtypes: [...dtypes.values()],
    metadata,
    asides: raw ? [] : source.skipped.filter(({ name }) => !shown.has(name)),
    notes: source.notes,
  };
}

const shapeOf = (shape: readonly number[]) => shape.join(" × ") || "scalar";

const titleOf = (found: Inspection) =>
  `${printable(found.name)}: ${found.format}, ${bytes(found.byteLength)}, ` +
  `${plural(found.tensors.length, "tensor")}, ${plural(found.parameters, "parameter")}`;

function inWords(value: unknown): string {
  if (value !== null && typeof value === "object" && "first" in value && "length" in value) {
    const first = (value.first as unknown[]).slice(0, 6).map(inWords);
    return `${count(Number(value.length))} values: ${first.join(", ")}, …`;
  }
  if (Array.isArray(value)) return value.map(inWords).join(", ");
  return printable(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)));
}

type Listed = Inspection["tensors"][number];

/**
 * What tensors share as a heading ("model.layers.3"), and each one's name below it; those of no layer stand under none.
 */
function placed(tensors: readonly Listed[]): { heading: string | null; name: string; tensor: Listed }[] {
  const found = tensors.map((tensor) => {
    const at = tensor.layer === null ? null : new RegExp(`[._/]${tensor.layer}[./]`).exec(tensor.name);
    const end = at ? at.index + at[0].length : 0;
    const group = at ? printable(tensor.name.slice(0, end - 1)) : null;
    return { group, text: printable(tensor.name.slice(end)), name: tensor.name };
  });
  const names = toldApart(found);
  return tensors.map((tensor, i) => ({ heading: found[i].group, name: names[i], tensor }));
}

/** Tensors for a terminal of `width` columns, grouped as their names are. */
export function inspectionTable(found: Inspection, width: number, paint: Paint): string {
  const columns: (Column & { of(tensor: Listed): string })[] = [
    { title: "type", align: "left", of: ({ dtype }) => printable(dtype, 40) },
    { title: "shape", align: "right", of: ({ shape }) => shapeOf(shape) },
    { title: "parameters", align: "right", of: ({ parameters }) => count(parameters) },
    { title: "role", align: "left", of: ({ role }) => role ?? "" },
    { title: "bytes", align: "right", of: ({ byteLength }) => count(byteLength) },
  ];
  const all = placed(found.tensors);
  const rowsOf = (shown: typeof columns): Row[] => {
    let last: string | null = null;
    return all.flatMap(({ heading, name, tensor }) => {
      const row: Row = [`${heading === null ? "" : "  "}${name}`, ...shown.map((column) => column.of(tensor))];
      const rows: Row[] = heading === null || heading === last ? [row] : [{ line: heading, style: "strong" }, row];
      last = heading;
      return rows;
    });
  };
  const nameColumn: Column = { title: "tensor", align: "left" };
  // The names come first: of the rest, what leaves them whole.
  const longest = Math.min(
    width,
    all.reduce((most, { heading, name }) => Math.max(most, widthOf(name) + (heading === null ? 0 : 2)), 0),
  );
  let shown = columns.slice(0, 3);
  for (const column of columns.slice(3)) {
    const wider = [...shown, column];
    if (besideFirst([nameColumn, ...wider], rowsOf(wider)) + longest <= width) shown = wider;
  }
  const blocks = [wrapped(titleOf(found), width).map((line) => paint("strong", line))];
  if (found.tensors.length) blocks.push(tableLines([nameColumn, ...shown], rowsOf(shown), width, paint));
  if (found.dtypes.length > 1) {
    blocks.push(
      tableLines(
        [
          { title: "type", align: "left" },
          { title: "tensors", align: "right" },
          { title: "parameters", align: "right" },
          { title: "bytes", align: "right" },
        ],
        found.dtypes.map((total) => [
          printable(total.dtype, 40),
          count(total.tensors),
          count(total.parameters),
          count(total.byteLength),
        ]),
        width,
        paint,
      ),
    );
  }
  if (found.asides.length) blocks.push(asideLines(found, width, paint));
  for (const note of found.notes) blocks.push(wrapped(`Note: ${printable(note, 400)}.`, width));
  const metadata = Object.entries(found.metadata);
  if (metadata.length) {
    const called = printableNames(metadata.map(([name]) => ({ name })));
    const cuts = distinctCuts(called, Math.max(12, Math.min(60, width - 2)));
    const names = called.map((name) => cuts.get(name) ?? name);
    const key = Math.min(34, largestOf(names.map(widthOf), 0));
    blocks.push([
      paint("strong", "metadata"),
      ...metadata.flatMap(([, value], i) => keyLines(names[i], inWords(value), key, width)),
    ]);
  }
  return blocks.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/** A key and its value side by side; below each other where that is too wide. Text is cut, figures are not. */
function keyLines(name: string, value: string, key: number, width: number): string[] {
  const line = `  ${padEnd(name, key)}  ${value}`;
  if (widthOf(line) <= width) return [line];
  const figures = /^[\d\s.,e+\-…]+(?:values: [\d\s.,e+\-…]+)?$/.test(value);
  if (!figures && widthOf(value) > width - 4) return [cut(line, width)];
  return [`  ${name}`, ...wrapped(value, width, "    ")];
}

function asideLines({ asides }: Inspection, width: number, paint: Paint): string[] {
  const heading = paint("strong", "no matrices and no parameters of their own");
  const rows = asides.map(({ name, reason }): Row => ({ line: `  ${printable(name)}  ${printable(reason)}` }));
  return [heading, ...tableLines([{ title: "", align: "left" }], rows, width, paint)];
}

/** What was found in one source, which is named as it was given. */
export interface SourcedInspection {
  source: string;
  found: Inspection;
}

/** One line a tensor, over all sources. */
export function inspectionCsv(all: readonly SourcedInspection[]): string {
  return csvLines([
    ["source", "name", "layer", "role", "dtype", "shape", "parameters", "byteOffset", "byteLength", "file"],
    ...all.flatMap(({ source, found }) =>
      found.tensors.map((tensor) => [
        source,
        tensor.name,
        tensor.layer,
        tensor.role,
        tensor.dtype,
        tensor.shape.join("x"),
        tensor.parameters,
        tensor.byteOffset,
        tensor.byteLength,
        tensor.file,
      ]),
    ),
  ]);
}

/** One table over all sources; they are named where there are several. */
export function inspectionMarkdown(all: readonly SourcedInspection[]): string {
  const several = all.length > 1;
  const titles = ["tensor", "layer", "role", "type", "shape", "parameters", "bytes"];
  const align = ["left", "right", "left", "left", "right", "right", "right"] as const;
  const table = markdownTable(
    several ? ["source", ...titles] : titles,
    several ? ["left", ...align] : align,
    all
      .flatMap(({ source, found }) =>
        markdownNames(found.tensors).map((name, i) => ({ name, tensor: found.tensors[i], source })),
      )
      .map(({ name, tensor, source }) => [
        ...(several ? [markdownName(source)] : []),
        name,
        tensor.layer === null ? "" : String(tensor.layer),
        tensor.role ?? "",
        markdownText(tensor.dtype),
        shapeOf(tensor.shape),
        count(tensor.parameters),
        count(tensor.byteLength),
      ]),
  );
  const metadata = all.flatMap(({ source, found }) => {
    const entries = Object.entries(found.metadata);
    const keys = markdownNames(entries.map(([name]) => ({ name })));
    return entries.map(([, value], i) => [
      ...(several ? [markdownName(source)] : []),
      keys[i],
      markdownName(inWords(value)),
    ]);
  });
  const head = all
    .map(
      ({ source, found }) =>
        `${several ? markdownName(source) : markdownName(found.name)}: ${found.format}, ${bytes(found.byteLength)}, ` +
        `${plural(found.tensors.length, "tensor")}, ${plural(found.parameters, "parameter")}\n`,
    )
    .join("\n");
  const heads = [...(several ? ["source"] : []), "metadata", "value"];
  const sides = heads.map(() => "left" as const);
  return `${head}\n${table}${metadata.length ? `\n${markdownTable(heads, sides, metadata)}` : ""}`;
}
