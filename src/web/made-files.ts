import { bytes as written } from "../report/html/numbers.js";
import { make, saveBlob } from "./dom.js";
import type { MadeFile } from "./messages.js";

/** A button for each file that was made here; one that lies where the visitor wanted it is said. */
export function madeFiles(files: readonly MadeFile[], nameOf: (name: string) => string): HTMLElement {
  return make(
    "div",
    { className: "fields made" },
    ...files.map(({ name, byteLength, file }) =>
      file === null
        ? make("p", {}, `Saved: ${written(byteLength)}.`)
        : make(
            "button",
            { type: "button", className: "primary", on: { click: () => saveBlob(nameOf(name), file) } },
            `Save ${nameOf(name)}, ${written(byteLength)}`,
          ),
    ),
  );
}
