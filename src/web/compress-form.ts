import { DEFAULT_COMPRESS } from "./compress-choice.js";
import { make } from "./dom.js";
import type { CompressChoice } from "./messages.js";

const KEEP: Record<CompressChoice["keep"], [about: string, field: string, example: string]> = {
  signal: ["signal: the directions above each matrix's own noise", "", ""],
  budget: ["budget: what fits in a share of the bits", "Share of the bits", "1/4"],
  energy: ["energy: the fewest directions with a share of the energy", "Share of the energy", "0.9"],
  rank: ["rank: N directions of every matrix", "Directions", "64"],
  gaussians: ["gaussians: K Gaussians a row", "Gaussians a row", "auto"],
};

/** Fields of a compression, in the command line's words. */
export class CompressForm {
  readonly element: HTMLFormElement;
  private readonly keep = this.choice(Object.entries(KEEP).map(([key, [about]]) => [key, about]));
  private readonly value = make("input", {
    autocomplete: "off",
    spellcheck: false,
    on: { input: () => this.changed() },
  });
  private readonly valueName = make("span");
  private readonly valueLabel = make("label", {}, this.valueName, this.value);
  private readonly selects = {
    factors: this.choice(["source", "f32", "bf16", "f16", "q8", "q4"]),
    method: this.choice(["singular", "gaussian"]),
    allocate: this.choice(["uniform", "energy", "relative-energy"]),
    order: this.choice(["stored", "leading", "path"]),
  };
  private readonly texts = {
    include: make("input", { autocomplete: "off", spellcheck: false, on: { input: () => this.changed() } }),
    exclude: make("input", { autocomplete: "off", spellcheck: false, on: { input: () => this.changed() } }),
    transpose: make("input", { autocomplete: "off", spellcheck: false, on: { input: () => this.changed() } }),
  };
  private readonly imatrix = make("input", {
    type: "file",
    accept: ".gguf,.dat",
    on: { change: () => this.changed() },
  });
  readonly submit = make("button", { type: "submit", className: "primary" }, "Compress");

  constructor(
    private readonly changed: () => void,
    start: () => void,
  ) {
    const { factors, method, allocate, order } = this.selects;
    const label = (text: string, control: HTMLElement): HTMLElement =>
      make("label", {}, make("span", {}, text), control);
    this.element = make(
      "form",
      {
        className: "asking",
        on: {
          submit: (event) => {
            event.preventDefault();
            start();
          },
        },
      },
      make(
        "div",
        { className: "fields" },
        label("Keep", this.keep),
        this.valueLabel,
        label("Type of the factors", factors),
        this.submit,
      ),
      make(
        "details",
        {},
        make("summary", {}, "More"),
        make(
          "div",
          { className: "fields" },
          label("Method", method),
          label("Allocate", allocate),
          label("Order of columns", order),
          label("Only names matching", this.texts.include),
          label("Not names matching", this.texts.exclude),
          label("Factor the transpose of names matching", this.texts.transpose),
          label("Weigh columns by llama.cpp’s imatrix", this.imatrix),
        ),
      ),
    );
    this.keep.addEventListener("change", () => {
      this.kept();
      this.changed();
    });
    this.kept();
  }

  get chosen(): CompressChoice {
    const { keep, value, selects, texts } = this;
    return {
      ...DEFAULT_COMPRESS,
      keep: keep.value as CompressChoice["keep"],
      value: value.value,
      method: selects.method.value as CompressChoice["method"],
      factors: selects.factors.value as CompressChoice["factors"],
      allocate: selects.allocate.value as CompressChoice["allocate"],
      order: selects.order.value as CompressChoice["order"],
      include: texts.include.value,
      exclude: texts.exclude.value,
      transpose: texts.transpose.value,
      imatrix: this.imatrix.files?.[0] ?? null,
    };
  }

  /** Another thing to keep has another value, and may need another method. */
  private kept(): void {
    const keep = this.keep.value as CompressChoice["keep"];
    const [, field, example] = KEEP[keep];
    this.valueName.textContent = field;
    this.valueLabel.hidden = field === "";
    this.value.value = example;
    if (keep === "gaussians") this.selects.method.value = "gaussian";
    else if (keep === "signal" || keep === "rank") this.selects.method.value = "singular";
  }

  private choice(options: readonly (string | [value: string, text: string])[]): HTMLSelectElement {
    return make(
      "select",
      { on: { change: () => this.changed() } },
      ...options.map((option) => {
        const [value, text] = typeof option === "string" ? [option, option] : option;
        return make("option", { value }, text);
      }),
    );
  }
}
