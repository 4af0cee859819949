import { printable } from "../base/printable.js";
import type { Report } from "../types.js";
import { count, figure, percent, plusMinus } from "./format.js";
import { type Column, type Paint, type Row, tableLines } from "./layout.js";

const right = (title: string, gap?: number): Column => ({ title, align: "right", ...(gap !== undefined && { gap }) });
const signalColumns = [right("signal"), right("of", 1), right("holds", 1)];

/** Terminals under this width do without counts. */
const NARROW = 72;

/** Layers of each stack with their norms, and the signal in them where it is known. */
export function layerTables({ layers, summary }: Report, width: number, paint: Paint): string[] {
  const stacks = [...new Set(layers.map(({ stack }) => stack))];
  const known = summary.signalDetail?.layers ?? [];
  const narrow = width < NARROW;
  const columns = [
    right("layer"),
    ...(narrow ? [] : [right("matrices"), right("parameters")]),
    ...(known.length > 0 ? signalColumns : []),
    right("norm"),
    right("norm/parameter"),
    { title: "", align: "left" as const },
  ];
  return stacks.flatMap((stack) => {
    const own = layers.filter((layer) => layer.stack === stack);
    const signals = new Map(known.filter((one) => one.stack === stack).map((one) => [one.layer, one]));
    const largest = own.reduce((most, { norm }) => Math.max(most, norm), 0);
    const room = narrow ? 0 : Math.min(30, width - (known.length > 0 ? 73 : 52));
    const bar = (norm: number): string =>
      largest > 0 && room > 4 ? "▪".repeat(Math.round((norm / largest) * room)) : "";
    const rows: Row[] = own.map(({ layer, matrices, parameters, norm, normPerParameter, normStandardError }) => {
      const signal = signals.get(layer);
      return [
        String(layer),
        ...(narrow ? [] : [count(matrices), count(parameters)]),
        ...(known.length > 0
          ? signal
            ? [count(signal.directions), { text: count(signal.of), style: "dim" as const }, percent(signal.energy)]
            : ["–", "", ""]
          : []),
        figure(norm) + plusMinus(normStandardError, (error) => figure(error, 2)),
        normPerParameter.toExponential(2),
        { text: bar(norm), style: "dim" as const },
      ];
    });
    const heading = stacks.length > 1 ? [paint("strong", printable(stack))] : [];
    return ["", ...heading, ...tableLines(columns, rows, width, paint)];
  });
}

/** The signal in the matrices of each role. */
export function roleTable({ summary }: Report, width: number, paint: Paint): string[] {
  const roles = summary.signalDetail?.roles ?? [];
  if (roles.length < 2) return [];
  const narrow = width < NARROW;
  const columns = [
    { title: "role", align: "left" as const },
    ...(narrow ? [] : [right("matrices")]),
    ...signalColumns,
    ...(narrow ? [] : [right("free parameters")]),
  ];
  const rows: Row[] = roles.map(({ role, counted, matrices, directions, of, energy, parameters }) => [
    role === null ? "none" : printable(role),
    ...(narrow ? [] : [counted === matrices ? count(matrices) : `${count(counted)} of ${count(matrices)}`]),
    count(directions),
    { text: count(of), style: "dim" },
    percent(energy),
    ...(narrow ? [] : [count(parameters)]),
  ]);
  return ["", ...tableLines(columns, rows, width, paint)];
}
