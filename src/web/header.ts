import { printable } from "../base/printable.js";
import { bytes, count, short } from "../report/html/numbers.js";
import type { TensorInfo } from "../types.js";
import { make } from "./dom.js";
import type { Header } from "./messages.js";

const MOST = 200;

/** A checkpoint in a line: format, size, tensors, parameters. */
export const headerLine = ({
  format,
  byteLength,
  tensors,
}: Pick<Header, "format" | "byteLength"> & { tensors: readonly TensorInfo[] }): string =>
  `${format}, ${bytes(byteLength)}, ${count(tensors.length)} tensors, ` +
  `${short(tensors.reduce((sum, tensor) => sum + tensor.parameters, 0))} parameters`;

/** Tensors and metadata as the file gives them, before any figure. */
export function headerTables({ tensors, metadata }: Header): HTMLElement[] {
  const table = (caption: string, head: string[], rows: string[][], words: number): HTMLElement =>
    make(
      "div",
      { className: "scroll short", tabIndex: 0, attributes: { role: "region", "aria-label": caption } },
      make(
        "table",
        {},
        make("caption", {}, caption),
        make(
          "thead",
          {},
          make(
            "tr",
            {},
            ...head.map((text, i) => make("th", { scope: "col", className: i < words ? "word" : "" }, text)),
          ),
        ),
        make(
          "tbody",
          {},
          ...rows.map((cells) =>
            make(
              "tr",
              {},
              ...cells.map((text, i) =>
                i === 0 ? make("th", { scope: "row" }, text) : make("td", { className: i < words ? "word" : "" }, text),
              ),
            ),
          ),
        ),
      ),
    );
  const more = tensors.length > MOST ? ` (the first ${MOST} of ${count(tensors.length)})` : "";
  const parts = [
    table(
      `Tensors${more}`,
      ["Name", "Type", "Shape", "Weights", "At byte"],
      tensors
        .slice(0, MOST)
        .map(({ name, dtype, shape, parameters, byteOffset }) => [
          printable(name),
          printable(dtype),
          shape.join(" × ") || "scalar",
          short(parameters),
          count(byteOffset),
        ]),
      3,
    ),
  ];
  if (metadata.length > 0)
    parts.push(
      table(
        "Metadata",
        ["Key", "Value"],
        metadata.map(([key, value]) => [printable(key), printable(value)]),
        2,
      ),
    );
  return parts;
}
