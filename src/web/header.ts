import { printable } from "../base/printable.js";
import { bytes, count, short } from "../report/html/numbers.js";
import { scrolling } from "../report/html/tables.js";
import type { TensorInfo } from "../types.js";
import { toNode } from "./dom.js";
import type { Header } from "./messages.js";

/** A checkpoint in a line: format, size, tensors, parameters. */
export const headerLine = ({
  format,
  byteLength,
  tensors,
}: Pick<Header, "format" | "byteLength"> & { tensors: readonly TensorInfo[] }): string =>
  `${format}, ${bytes(byteLength)}, ${count(tensors.length)} tensors, ` +
  `${short(tensors.reduce((sum, tensor) => sum + tensor.parameters, 0))} parameters`;

/** Metadata as the file gives them. */
export const metadataTable = ({ metadata }: Header): Element =>
  toNode(
    scrolling(
      "Metadata",
      ["Key", "Value"],
      metadata.map(([key, value]) => ({ cells: [printable(key), printable(value)] })),
      2,
    ),
  );
