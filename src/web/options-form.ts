import type { Settings } from "./messages.js";
import { patterns } from "./settings.js";

const field = (id: string): HTMLInputElement => document.getElementById(id) as HTMLInputElement;
const texts = ["include", "exclude", "transpose"] as const;
const numbers = ["permutations", "seed", "width", "threads"] as const;

/** Fills the form from settings. */
export function showSettings(settings: Settings): void {
  field("gaussians").value = settings.gaussians.join(", ");
  for (const name of texts) field(name).value = settings[name];
  for (const name of numbers) field(name).value = String(settings[name]);
  field("svd").checked = settings.svd;
}

/** @throws RangeError naming the field that cannot be used: no number, no pattern. */
export function givenSettings(): Settings {
  const gaussians = field("gaussians")
    .value.split(/[\s,]+/)
    .filter((one) => one !== "");
  if (gaussians.length === 0) throw new RangeError("Gaussians: give at least one K, such as auto or 8");
  const number = (name: (typeof numbers)[number]): number => {
    const input = field(name);
    if (input.value === "" || !input.checkValidity())
      throw new RangeError(`${name}: ${input.validationMessage || "a number is needed"}`);
    return input.valueAsNumber;
  };
  const settings = {
    gaussians,
    permutations: number("permutations"),
    seed: number("seed"),
    width: number("width"),
    threads: number("threads"),
    svd: field("svd").checked,
    include: field("include").value,
    exclude: field("exclude").value,
    transpose: field("transpose").value,
  };
  patterns(settings);
  return settings;
}
