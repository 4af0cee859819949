import { addressOf } from "./address.js";
import { make } from "./dom.js";
import type { Input } from "./messages.js";

/** The form that names the checkpoint to compare with. */
export function secondForm(choose: (input: Input) => void): HTMLElement {
  const files = make("input", {
    type: "file",
    multiple: true,
    id: "second-files",
    on: {
      change: () => {
        const chosen = [...(files.files ?? [])];
        files.value = "";
        if (chosen.length > 0) choose({ files: chosen });
      },
    },
  });
  const address = make("input", {
    inputMode: "url",
    required: true,
    placeholder: "https://… or owner/repo",
    id: "second-url",
    autocomplete: "off",
    on: { input: () => address.setCustomValidity("") },
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    const url = addressOf(address.value);
    if (url !== null) return choose({ url });
    address.setCustomValidity("an address, or owner/repo of the Hugging Face Hub");
    address.reportValidity();
  };
  return make(
    "form",
    { className: "fields", on: { submit } },
    make("label", { className: "button", htmlFor: "second-files" }, "Choose the second", files),
    make("label", { className: "grow" }, "or its address ", address),
    make("button", { type: "submit" }, "Compare"),
  );
}
