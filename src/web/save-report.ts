import { count } from "../report/format.js";
import { bytes as written } from "../report/html/numbers.js";
import { saveBlob } from "./dom.js";
import { type Download, FILES, fileName, isOfReport, stemOf } from "./download-forms.js";
import type { Figure } from "./figure.js";
import type { Room } from "./messages.js";
import type { Model } from "./model.js";
import { pickerOf } from "./room.js";

/** Matrices above which JSON and CSV are tens of megabytes: they go where the visitor wants them as they are made. */
const MANY = 2000;

/**
 * Gives the visitor the report in one of its forms, or as much of it as there is, made by the session; or the plots.
 * @returns what there is to say of it
 */
export async function saveReport(kind: Download, model: Model, figures: readonly Figure[]): Promise<string> {
  const partial = model.report === null;
  if (!isOfReport(kind)) {
    const { plots } = await import("./downloads.js");
    for (const { name, type, text } of await plots(kind, figures, stemOf(model.name, partial)))
      saveBlob(name, new Blob([text], { type }));
    return "";
  }
  const name = fileName(kind, model.name, partial);
  const picker = (kind === "json" || kind === "csv") && model.matrices.length > MANY ? pickerOf() : undefined;
  // Before anything is waited for: a browser asks only where something was just pressed.
  const chosen = await picker?.({ suggestedName: name }).catch((error: Error) => {
    if (error.name === "AbortError") throw error;
    // A frame of another origin has the dialogue and may not open it.
    return null;
  });
  const room: Room = chosen ? { kind: "chosen", file: chosen } : { kind: "memory" };
  const { byteLength, file, matrices } = await model.session.ask("save", { kind, name, room });
  if (file === null) return `Saved: ${count(matrices)} matrices, ${written(byteLength)}.`;
  saveBlob(name, file.slice(0, file.size, FILES[kind].type));
  return "";
}
