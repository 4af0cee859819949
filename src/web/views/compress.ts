import { printable } from "../../base/printable.js";
import type { CompressReport } from "../../compress/contract.js";
import { CAUTION, compressionAnswer } from "../../report/compression.js";
import { count, figure, share } from "../../report/html/numbers.js";
import { scrolling } from "../../report/html/tables.js";
import { compressCommand, compressOptions } from "../compress-choice.js";
import { CompressForm } from "../compress-form.js";
import { make, toNode } from "../dom.js";
import { commandToCopy } from "../error-card.js";
import { madeFiles } from "../made-files.js";
import { Making } from "../making.js";
import type { Input } from "../messages.js";
import { asked, type Model } from "../model.js";
import { roomFor } from "../room.js";
import { Working } from "../working.js";

/** Rows of the table of matrices. */
const MOST = 400;
/** What a compressed file may take beyond its source: lists in its header. */
const BEYOND = 16 << 20;

/** A smaller file of the checkpoint that is open, made here: what to keep, what came of it, and the file. */
export class CompressView {
  readonly element: HTMLElement;
  private readonly form = new CompressForm(
    () => this.draw(),
    () => void this.start(),
  );
  private readonly command = make("div");
  private readonly working = new Working();
  private readonly result = make("div", { className: "change" });
  private model: Model | null = null;
  private making: Making<"compress"> | null = null;
  private shown: object | null = null;
  private written = "";

  constructor(private readonly compareWith: (input: Input) => void) {
    this.element = make(
      "div",
      { className: "making" },
      make(
        "p",
        { className: "note" },
        "A smaller safetensors file: factors or amplitudes in place of the matrices inside layers, all else as it " +
          "is. It is made on this machine, byte for byte the one that this command makes; “weightscope restore” " +
          "gives the full checkpoint back, and this page opens the smaller one as what it stands for.",
      ),
      this.form.element,
      this.command,
      this.working.element,
      this.result,
    );
  }

  update(model: Model): void {
    if (model !== this.model) this.close();
    this.model = model;
    this.draw();
  }

  /** Forgets what was made of the model. */
  close(): void {
    this.making?.close();
    this.making = this.model = null;
    this.working.say("");
    this.draw();
  }

  private get name(): string {
    const name = (this.model?.name ?? "model").replace(/\.(safetensors|gguf|np[yz]|index\.json)$/i, "");
    return `${name}.compressed.safetensors`;
  }

  private async start(): Promise<void> {
    const { model } = this;
    if (!model?.header) return;
    this.making?.close();
    this.making = null;
    this.working.say("");
    // What was made before is of another choice.
    this.draw();
    this.form.submit.disabled = true;
    try {
      const choice = this.form.chosen;
      compressOptions(choice);
      const files = new Set(model.header.tensors.map(({ file }) => file)).size;
      const bytes = model.header.byteLength + BEYOND;
      const room = await roomFor({ bytes, name: this.name, single: files === 1 });
      const ask = { input: asked(model.input), choice, online: navigator.onLine, room };
      this.making = new Making("compress", ask, room, () => this.draw());
    } catch (error) {
      // A visitor who closes the browser's dialogue has changed his mind.
      if ((error as Error).name !== "AbortError") this.working.say((error as Error).message);
    }
    this.draw();
  }

  private draw(): void {
    const { model, making } = this;
    const answer = making?.answer ?? null;
    this.form.submit.disabled = making?.busy === true || !model?.header;
    this.working.update(making);
    const command = model ? compressCommand(this.form.chosen, model.input, this.name) : "";
    if (command !== this.written) {
      this.written = command;
      this.command.replaceChildren(commandToCopy(command));
    }
    if (answer === this.shown) return;
    this.shown = answer;
    this.result.replaceChildren(...(answer ? this.outcome(answer) : []));
  }

  private outcome({ files, report }: NonNullable<Making<"compress">["answer"]>): HTMLElement[] {
    const single = files.length === 1 ? files[0] : null;
    const file = single?.file;
    const compare = make(
      "button",
      {
        type: "button",
        on: { click: () => file && this.compareWith({ files: [new File([file], this.name)] }) },
      },
      "Compare with the original",
    );
    const saving = madeFiles(files, (name) => (single ? this.name : name));
    if (file && report.tensors.length > 0) saving.append(compare);
    return [
      make("p", { className: "answer", attributes: { role: "status" } }, compressionAnswer(report)),
      saving,
      make("p", { className: "note" }, caution(report)),
      ...report.notes.slice(0, MOST).map((note) => make("p", { className: "note" }, printable(note, 400))),
      ...(report.tensors.length > 0 ? [toNode(tableOf(report)) as HTMLElement] : []),
    ];
  }
}

/** How far the weights are from what they were, and what that does not say. */
function caution({ summary, tensors }: CompressReport): string {
  if (tensors.length === 0) return "“Only names matching” chooses others than those inside layers.";
  const off = Math.sqrt(Math.max(0, 1 - summary.energy));
  return `The replaced weights are off by ‖ΔW‖/‖W‖ = ${figure(off)}. ${CAUTION}`;
}

function tableOf({ tensors }: CompressReport): ReturnType<typeof scrolling> {
  const more = tensors.length > MOST ? ` (the first ${MOST} of ${count(tensors.length)})` : "";
  return scrolling(
    `Matrices replaced${more}`,
    ["Matrix", "Shape", "Kept", "Numbers", "Bits a weight", "Energy"],
    tensors.slice(0, MOST).map(({ name, rows, columns, kept, numbers, bits, energy }) => ({
      cells: [
        printable(name),
        `${rows} × ${columns}`,
        count(kept),
        count(numbers),
        (bits / (rows * columns)).toFixed(2),
        share(energy),
      ],
    })),
  );
}
