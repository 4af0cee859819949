import { PackedValues } from "../base/packed.js";
import type { MatrixFigures } from "../matrix/figures.js";

const FIELDS = ["norms", "participation", "spectrum", "gaussian", "energyTarget"] as const;
type Field = (typeof FIELDS)[number];

/** Figures of many matrices in a fraction of the memory: a figure is made anew when it is asked for. */
export class FigurePack {
  private readonly values = new PackedValues();
  /** Of each field the one that was asked for last: who goes over the matrices asks for several of its members. */
  private readonly last = FIELDS.map(() => ({ place: -1, value: undefined as unknown }));

  /** These figures, packed. */
  add(figures: MatrixFigures): MatrixFigures {
    // All fields of a matrix lie side by side.
    const [first] = FIELDS.map((name) => this.values.add(figures[name] ?? null));
    return new PackedFigures(this, first, figures.noiseParticipationRatio);
  }

  /** A field of the figures whose first place is `first`. */
  get<Name extends Field>(first: number, name: Name): MatrixFigures[Name] | null {
    const index = FIELDS.indexOf(name);
    const last = this.last[index];
    const place = first + index;
    if (last.place !== place) {
      last.value = this.values.get(place);
      last.place = place;
    }
    return last.value as MatrixFigures[Name] | null;
  }
}

/** Figures that are made anew, field by field, whenever they are asked for. */
export class PackedFigures implements MatrixFigures {
  constructor(
    private readonly pack: FigurePack,
    private readonly first: number,
    readonly noiseParticipationRatio: number,
  ) {}
  get norms(): MatrixFigures["norms"] {
    return this.pack.get(this.first, "norms")!;
  }
  get participation(): MatrixFigures["participation"] {
    return this.pack.get(this.first, "participation");
  }
  get spectrum(): MatrixFigures["spectrum"] {
    return this.pack.get(this.first, "spectrum");
  }
  get gaussian(): MatrixFigures["gaussian"] {
    return this.pack.get(this.first, "gaussian")!;
  }
  get energyTarget(): NonNullable<MatrixFigures["energyTarget"]> {
    // Undefined where there is none, which its optional type says in another way.
    return (this.pack.get(this.first, "energyTarget") ?? undefined)!;
  }
}
