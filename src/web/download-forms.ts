/** A report in one of its forms. */
export type ReportForm = "json" | "csv" | "markdown" | "html";
/** What can be saved of an analysis. */
export type Download = ReportForm | "svg" | "png";

/** What a download menu offers, in its order. */
export const FORMS: readonly { key: Download; title: string }[] = [
  { key: "json", title: "JSON" },
  { key: "csv", title: "CSV" },
  { key: "markdown", title: "Markdown" },
  { key: "html", title: "HTML, one file" },
  { key: "svg", title: "Plots as SVG" },
  { key: "png", title: "Plots as PNG" },
];

/** Endings and media types of a report's forms. */
export const FILES: Record<ReportForm, { ending: string; type: string }> = {
  json: { ending: "json", type: "application/json" },
  csv: { ending: "csv", type: "text/csv" },
  markdown: { ending: "md", type: "text/markdown" },
  html: { ending: "html", type: "text/html" },
};

/** Whether it is of the report, not of its plots. */
export const isOfReport = (kind: Download): kind is ReportForm => kind in FILES;

/** What files of a checkpoint are called, without their ending. */
export function stemOf(name: string, partial: boolean): string {
  const bare =
    name
      .replace(/\.(safetensors|gguf|np[yz]|index\.json)$/i, "")
      .replace(/[^\w.-]+/g, "_")
      .slice(0, 80) || "report";
  return partial ? `${bare}.partial` : bare;
}

/** The name of the file of a report in one of its forms. */
export const fileName = (kind: ReportForm, name: string, partial: boolean): string =>
  `${stemOf(name, partial)}.${FILES[kind].ending}`;
