import { ROLES } from "../../checkpoint/name-tables.js";
import type { MatrixReport } from "../../types.js";
import { heatTable } from "./heat-table.js";
import type { Markup } from "./markup.js";
import { count, share } from "./numbers.js";
import { roleName } from "./roles.js";

/** Rows of a map; more say nothing to the eye. */
const MOST_LAYERS = 200;
/** A map's full colour stands for at least this share: of noise, hardly any direction is above it. */
const LEAST_SCALE = 0.1;

/** Roles in the order of data through a layer. */
const ORDER: readonly string[] = ROLES;
const placeOf = (role: string): number => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length);

/** Directions above noise of a layer's matrices of one role, and of how many. */
interface HeatCell {
  directions: number;
  of: number;
}

/** The signal of a model by layer and role. */
export interface SignalHeat {
  roles: string[];
  rows: { heading: string; cells: (HeatCell | null)[] }[];
  /** Layers that are left out. */
  more: number;
}

/** Layers down, roles across; null where a layer has no matrix of a role, or its spectrum is not known. */
export function signalHeat(matrices: readonly MatrixReport[]): SignalHeat {
  const inside = matrices.filter(({ layer, spectrum, tiedTo }) => layer !== null && spectrum && tiedTo === null);
  const roles = [...new Set(inside.map(({ role }) => roleName(role)))].sort((a, b) => placeOf(a) - placeOf(b));
  const stacks = new Set(inside.map(({ stack }) => stack));
  const rows = new Map<string, { heading: string; layer: number; stack: string; cells: (HeatCell | null)[] }>();
  for (const { stack, layer, role, spectrum, rows: height, columns } of inside) {
    const key = JSON.stringify([stack, layer]);
    const heading = stacks.size > 1 ? `${stack ?? ""} ${layer}` : String(layer);
    const row = rows.get(key) ?? { heading, layer: layer!, stack: stack ?? "", cells: roles.map(() => null) };
    const at = roles.indexOf(roleName(role));
    const cell = row.cells[at] ?? { directions: 0, of: 0 };
    cell.directions += spectrum!.signal.directions;
    cell.of += Math.min(height, columns);
    row.cells[at] = cell;
    rows.set(key, row);
  }
  const sorted = [...rows.values()].sort((a, b) =>
    a.stack === b.stack ? a.layer - b.layer : a.stack < b.stack ? -1 : 1,
  );
  return {
    roles,
    rows: sorted.slice(0, MOST_LAYERS).map(({ heading, cells }) => ({ heading, cells })),
    more: Math.max(0, sorted.length - MOST_LAYERS),
  };
}

/** That map as a table; null for no layer. */
export function signalHeatTable({ roles, rows, more }: SignalHeat): Markup | null {
  if (rows.length === 0) return null;
  const label = "Signal by layer and role";
  const rest = more > 0 ? `; ${count(more)} more layers are in the table of matrices` : "";
  const most = rows
    .flatMap(({ cells }) => cells)
    .reduce((least, cell) => Math.max(least, cell ? cell.directions / cell.of : 0), LEAST_SCALE);
  const cell = ({ directions, of }: HeatCell): { heat: number; text: string; title: string } => ({
    heat: directions / of / most,
    text: share(directions / of),
    title: `${count(directions)} of ${count(of)} directions`,
  });
  return heatTable({
    label,
    caption: `${label}: share of directions above noise, full colour at ${share(most)}${rest}`,
    roles,
    rows: rows.map(({ heading, cells }) => ({ heading, cells: cells.map((found) => found && cell(found)) })),
  });
}
