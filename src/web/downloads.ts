import { reportCsv } from "../report/csv.js";
import { renderHtml } from "../report/html.js";
import { jsonText } from "../report/json.js";
import { reportMarkdown } from "../report/markdown.js";
import type { Report } from "../types.js";
import type { Download } from "./download-forms.js";
import type { Figure } from "./figure.js";

/** A file by its name and media type. */
export interface FileToSave {
  name: string;
  type: string;
  text: BlobPart;
}

/** The report in one of its forms, named after the checkpoint. */
export async function downloadOf(
  kind: Download,
  report: Report,
  figures: readonly Figure[],
  partial = false,
): Promise<FileToSave[]> {
  const bare =
    report.source.name
      .replace(/\.(safetensors|gguf|np[yz]|index\.json)$/i, "")
      .replace(/[^\w.-]+/g, "_")
      .slice(0, 80) || "report";
  const stem = partial ? `${bare}.partial` : bare;
  switch (kind) {
    case "json":
      return [{ name: `${stem}.json`, type: "application/json", text: jsonText(report) }];
    case "csv":
      return [{ name: `${stem}.csv`, type: "text/csv", text: reportCsv([{ source: report.source.name, report }]) }];
    case "markdown":
      return [
        { name: `${stem}.md`, type: "text/markdown", text: reportMarkdown([{ source: report.source.name, report }]) },
      ];
    case "html":
      return [{ name: `${stem}.html`, type: "text/html", text: renderHtml(report) }];
    case "svg":
    case "png": {
      const shown = figures.filter(({ element }) => !element.hidden);
      const files = await Promise.all(shown.map((figure) => (kind === "svg" ? figure.svgFile() : figure.pngFile())));
      return files.flatMap((file) => (file ? [{ ...file, name: `${stem}-${file.name}` }] : []));
    }
  }
}
