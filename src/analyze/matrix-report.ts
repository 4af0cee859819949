import type { MatrixFigures } from "../matrix/figures.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { MatrixReport } from "../types.js";
import { PackedFigures } from "./packed-figures.js";

/** What the report says of one matrix. Where its figures are packed it is read like any other and written as JSON. */
export function reportOf(plan: StoredMatrix, figures: MatrixFigures, tiedTo: string | null): MatrixReport {
  return figures instanceof PackedFigures
    ? (new PackedReport(plan, figures, tiedTo) as object as MatrixReport)
    : { ...headOf(plan, tiedTo), ...figures };
}

/** The same with its figures as plain data. */
export const plainReport = (report: MatrixReport): MatrixReport =>
  report instanceof PackedReport ? report.toJSON() : report;

type Head = Omit<MatrixReport, keyof MatrixFigures>;

function headOf({ sampleWeight, ...plan }: StoredMatrix, tiedTo: string | null): Head {
  const { name, stack, layer, role, type, shape, rows, columns } = plan;
  return {
    name,
    stack,
    layer,
    tiedTo,
    role,
    dtype: type.name,
    shape: [...shape],
    rows,
    columns,
    parameters: rows * columns,
    ...(sampleWeight !== undefined && { sampleWeight }),
  };
}

/** A report that holds its place in the plan and in the pack alone: of 100,000 a few megabytes. */
class PackedReport {
  constructor(
    private readonly plan: StoredMatrix,
    private readonly figures: PackedFigures,
    readonly tiedTo: string | null,
  ) {}

  toJSON(): MatrixReport {
    const { norms, participation, noiseParticipationRatio, spectrum, gaussian, energyTarget } = this.figures;
    return {
      ...headOf(this.plan, this.tiedTo),
      norms,
      participation,
      noiseParticipationRatio,
      spectrum,
      gaussian,
      ...(energyTarget !== undefined && { energyTarget }),
    };
  }

  get name() {
    return this.plan.name;
  }
  get stack() {
    return this.plan.stack;
  }
  get layer() {
    return this.plan.layer;
  }
  get role() {
    return this.plan.role;
  }
  get dtype() {
    return this.plan.type.name;
  }
  get shape() {
    return [...this.plan.shape];
  }
  get rows() {
    return this.plan.rows;
  }
  get columns() {
    return this.plan.columns;
  }
  get parameters() {
    return this.plan.rows * this.plan.columns;
  }
  get sampleWeight() {
    return this.plan.sampleWeight;
  }
  get norms() {
    return this.figures.norms;
  }
  get participation() {
    return this.figures.participation;
  }
  get noiseParticipationRatio() {
    return this.figures.noiseParticipationRatio;
  }
  get spectrum() {
    return this.figures.spectrum;
  }
  get gaussian() {
    return this.figures.gaussian;
  }
  get energyTarget() {
    return this.figures.energyTarget;
  }
}
