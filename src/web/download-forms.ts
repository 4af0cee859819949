/** What can be saved of an analysis. */
export type Download = "json" | "csv" | "markdown" | "html" | "svg" | "png";

/** What a download menu offers, in its order. */
export const FORMS: readonly { key: Download; title: string }[] = [
  { key: "json", title: "JSON" },
  { key: "csv", title: "CSV" },
  { key: "markdown", title: "Markdown" },
  { key: "html", title: "HTML, one file" },
  { key: "svg", title: "Plots as SVG" },
  { key: "png", title: "Plots as PNG" },
];
