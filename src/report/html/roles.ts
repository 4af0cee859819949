import { printable } from "../../base/printable.js";
import type { MatrixReport } from "../../types.js";
import type { Series } from "./chart-types.js";

/** Attention is round, everything else square, so that colour is never the only difference. */
const looks: Record<string, [colour: string, mark: "dots" | "squares"]> = {
  "attention.query": ["c0", "dots"],
  "attention.key": ["c1", "dots"],
  "attention.value": ["c2", "dots"],
  "attention.output": ["c3", "dots"],
  "attention.fused": ["c0", "dots"],
  "mlp.gate": ["c4", "squares"],
  "mlp.up": ["c7", "squares"],
  "mlp.down": ["c6", "squares"],
  embedding: ["c8", "squares"],
  head: ["c9", "squares"],
  position: ["c5", "squares"],
};

/** A role for a reader; what has none is "other". */
export const roleName = (role: string | null): string => printable(role ?? "other");

/** Points of each role, in a fixed order of roles. `point` may decline a matrix. */
export function byRole(
  matrices: readonly MatrixReport[],
  point: (matrix: MatrixReport, index: number) => { x: number; y: number; low?: number; high?: number } | null,
): Series[] {
  const order = [...Object.keys(looks), null];
  return order.map((role) => {
    const [colour, mark] = looks[role ?? ""] ?? ["muted", "squares"];
    const points = matrices.flatMap((matrix, index) => {
      if ((matrix.role !== null && matrix.role in looks ? matrix.role : null) !== role) return [];
      const place = point(matrix, index);
      return place === null ? [] : [{ ...place, key: index, label: printable(matrix.name, 120) }];
    });
    return { name: roleName(role), colour, mark, points };
  });
}
