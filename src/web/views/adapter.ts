import { adapterAnswer } from "../../report/compare/answer.js";
import { adapterOptions } from "../compress-choice.js";
import { make } from "../dom.js";
import { madeFiles } from "../made-files.js";
import { Making } from "../making.js";
import type { AdapterChoice } from "../messages.js";
import { asked, type Model } from "../model.js";
import { roomFor } from "../room.js";
import { Working } from "../working.js";

const KEEP: Record<AdapterChoice["keep"], [about: string, field: string, example: string]> = {
  rounding: ["what stands above rounding", "", ""],
  rank: ["rank: N directions of every matrix", "Directions", "16"],
  energy: ["energy: a share of each matrix's change", "Share of the energy", "0.9"],
};

/** The change from one checkpoint to the other as a LoRA, made here, in the words of `compare --adapter`. */
export class AdapterView {
  readonly element: HTMLElement;
  private readonly keep = make(
    "select",
    { on: { change: () => this.kept() } },
    ...Object.entries(KEEP).map(([value, [about]]) => make("option", { value }, about)),
  );
  private readonly value = make("input", { autocomplete: "off", spellcheck: false });
  private readonly valueName = make("span");
  private readonly valueLabel = make("label", { hidden: true }, this.valueName, this.value);
  private readonly dtype = make(
    "select",
    {},
    ...["bf16", "f16", "f32"].map((value) => make("option", { value }, value)),
  );
  private readonly rest = make("input", { type: "checkbox" });
  private readonly submit = make("button", { type: "submit", className: "primary" }, "Make the adapter");
  private readonly working = new Working();
  private readonly result = make("div");
  private both: [base: Model, tuned: Model] | null = null;
  private making: Making<"adapter"> | null = null;
  private shown: object | null = null;

  constructor() {
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.start();
    };
    const label = (text: string, control: HTMLElement): HTMLElement =>
      make("label", {}, make("span", {}, text), control);
    this.element = make(
      "details",
      { className: "adapter", hidden: true },
      make("summary", {}, "The change as an adapter"),
      make(
        "div",
        { className: "making" },
        make("p", { className: "note" }, "A LoRA in PEFT's format: adapter_config.json and adapter_model.safetensors."),
        make(
          "form",
          { className: "asking", on: { submit } },
          make(
            "div",
            { className: "fields" },
            label("Hold", this.keep),
            this.valueLabel,
            label("Type of the factors", this.dtype),
            make("label", { className: "tick" }, this.rest, " also save whole what a LoRA cannot hold"),
            this.submit,
          ),
        ),
        this.working.element,
        this.result,
      ),
    );
  }

  /** @param both the two that were compared; null while nothing is known of them */
  update(both: [base: Model, tuned: Model] | null): void {
    if (both?.[0] !== this.both?.[0] || both?.[1] !== this.both?.[1]) {
      this.making?.close();
      this.making = null;
      this.working.say("");
    }
    this.both = both;
    this.element.hidden = both === null;
    this.draw();
  }

  private kept(): void {
    const [, field, example] = KEEP[this.keep.value as AdapterChoice["keep"]];
    this.valueName.textContent = field;
    this.valueLabel.hidden = field === "";
    this.value.value = example;
  }

  private async start(): Promise<void> {
    if (!this.both) return;
    const [base, tuned] = this.both;
    this.making?.close();
    this.making = null;
    this.working.say("");
    // What was made before is of another choice.
    this.draw();
    this.submit.disabled = true;
    try {
      const choice: AdapterChoice = {
        keep: this.keep.value as AdapterChoice["keep"],
        value: this.value.value,
        dtype: this.dtype.value as AdapterChoice["dtype"],
        rest: this.rest.checked,
      };
      adapterOptions(choice);
      // Factors of full rank in four bytes a number, at the most.
      const parameters = tuned.header?.tensors.reduce((sum, tensor) => sum + tensor.parameters, 0) ?? 0;
      const room = await roomFor({ bytes: 8 * parameters, name: "adapter_model.safetensors", single: false });
      this.making = new Making(
        "adapter",
        { base: asked(base.input), tuned: asked(tuned.input), choice, online: navigator.onLine, room },
        room,
        () => this.draw(),
      );
    } catch (error) {
      this.working.say((error as Error).message);
    }
    this.draw();
  }

  private draw(): void {
    const { making } = this;
    this.submit.disabled = making?.busy === true;
    this.working.update(making);
    const answer = making?.answer ?? null;
    if (answer === this.shown) return;
    this.shown = answer;
    const said = answer?.report.adapter ? adapterAnswer(answer.report.adapter) : null;
    this.result.replaceChildren(
      ...(answer
        ? [
            make("p", { className: "answer", attributes: { role: "status" } }, said ?? ""),
            madeFiles(answer.files, (name) => name),
          ]
        : []),
    );
  }
}
