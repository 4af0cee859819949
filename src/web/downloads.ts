import type { Report } from "../types.js";
import { type Download, FILES, fileName, isOfReport, stemOf } from "./download-forms.js";
import type { Figure } from "./figure.js";
import { reportPieces } from "./report-pieces.js";

/** A file by its name and media type. */
export interface FileToSave {
  name: string;
  type: string;
  text: BlobPart;
}

/** Milliseconds of a slice: what a visitor does meanwhile is answered at once. */
const SLICE = 12;

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The report in one of its forms, made in slices on the thread that calls. */
export async function downloadOf(kind: Download, report: Report, figures: readonly Figure[]): Promise<FileToSave[]> {
  if (!isOfReport(kind)) return plots(kind, figures, stemOf(report.source.name, false));
  const parts: string[] = [];
  let since = performance.now();
  for (const piece of reportPieces(kind, report)) {
    parts.push(piece);
    if (performance.now() - since < SLICE) continue;
    await nextTask();
    since = performance.now();
  }
  const { type } = FILES[kind];
  return [{ name: fileName(kind, report.source.name, false), type, text: new Blob(parts) }];
}

/** The plots that are shown, one after the other. */
export async function plots(kind: "svg" | "png", figures: readonly Figure[], stem: string): Promise<FileToSave[]> {
  const made: FileToSave[] = [];
  for (const figure of figures.filter(({ element }) => !element.hidden)) {
    const file = kind === "svg" ? figure.svgFile() : await figure.pngFile();
    if (file) made.push({ ...file, name: `${stem}-${file.name}` });
    await nextTask();
  }
  return made;
}
