import { ROLES } from "../../checkpoint/name-tables.js";
import type { CompareReport } from "../../types.js";

type Cell = CompareReport["cells"][number];

/** Cells of change by layer and role, ready to be drawn. */
export interface Heat {
  roles: string[];
  rows: { heading: string; cells: ({ change: number | null; matrices: number } | null)[] }[];
  /** Of the cells. */
  largest: number;
}

/** Those inside layers, in the order of data through one. */
const ORDER: readonly string[] = ROLES.filter((role) => role.includes("."));

const placeOf = (role: string): number => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length);

/** Layers down, roles across; null where a layer has no matrix of a role. */
export function heatOf(cells: readonly Cell[]): Heat {
  const roles = [...new Set(cells.map(({ role }) => role))].sort((a, b) => placeOf(a) - placeOf(b));
  const stacks = new Set(cells.map(({ stack }) => stack));
  const rows = new Map<string, { heading: string; cells: Heat["rows"][number]["cells"] }>();
  for (const { stack, layer, role, relativeChange, matrices } of cells) {
    const key = JSON.stringify([stack, layer]);
    const row = rows.get(key) ?? {
      heading: stacks.size > 1 ? `${stack} ${layer}` : String(layer),
      cells: roles.map(() => null),
    };
    row.cells[roles.indexOf(role)] = { change: relativeChange, matrices };
    rows.set(key, row);
  }
  return {
    roles,
    rows: [...rows.values()],
    largest: cells.reduce((most, { relativeChange }) => Math.max(most, relativeChange ?? 0), 0),
  };
}

/** Of a role, what a narrow column has room for. */
export const shortRole = (role: string): string => role.slice(role.lastIndexOf(".") + 1);

/** Ranks of adapters up to the first that holds all but a thousandth: the others say nothing more. */
export function shownRanks(ranks: CompareReport["adapterRanks"]): CompareReport["adapterRanks"] {
  const enough = ranks.findIndex(({ energy }) => energy >= 0.999);
  return enough < 0 ? ranks : ranks.slice(0, enough + 1);
}
