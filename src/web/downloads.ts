import { renderHtml } from "../report/html.js";
import { jsonText } from "../report/json.js";
import type { Report } from "../types.js";
import type { Figure } from "./figure.js";

export type Download = "json" | "csv" | "markdown" | "html" | "svg";
export interface FileToSave { name: string; type: string; text: string; }

/** The report in one of its forms, named after the checkpoint. */
export async function downloadOf(kind: Download, report: Report, figures: readonly Figure[]): Promise<FileToSave[]> {
  const stem = report.source.name.replace(/\.(safetensors|gguf|np[yz]|index\.json)$/i, "").replace(/[^\w.-]+/g, "_").slice(0, 80) || "report";
  switch (kind) {
    case "json": return [{ name: `${stem}.json`, type: "application/json", text: jsonText(report) }];
    case "html": return [{ name: `${stem}.html`, type: "text/html", text: renderHtml(report) }];
    case "svg": return figures.flatMap((figure) => {
      const file = figure.svgFile();
      return file ? [{ name: `${stem}-${file.name}`, type: "image/svg+xml", text: file.text }] : [];
    });
    default: return [];
  }
}
