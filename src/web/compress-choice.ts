import { shareOf } from "../base/share.js";
import type { CompressOptions, Keep } from "../compress/contract.js";
import type { AdapterOptions } from "../types.js";
import type { AdapterChoice, CompressChoice, Input } from "./messages.js";
import { named, word } from "./remedy.js";
import { pattern } from "./settings.js";

/** What the form shows before anybody changes it: the command line's defaults. */
export const DEFAULT_COMPRESS: CompressChoice = {
  method: "singular",
  keep: "signal",
  value: "",
  factors: "source",
  allocate: "uniform",
  order: "stored",
  include: "",
  exclude: "",
  transpose: "",
  imatrix: null,
};

function shareAsked(name: string, text: string): number {
  const share = shareOf(text.trim());
  if (share === null) throw new RangeError(`${name}: a share above 0 up to 1, such as 0.25 or 1/4`);
  return share;
}

function wholeAsked(name: string, text: string): number {
  if (!/^\s*\d{1,9}\s*$/.test(text) || Number(text) < 1) throw new RangeError(`${name}: a whole number from 1`);
  return Number(text);
}

function keepOf({ keep, value }: CompressChoice): Keep {
  if (keep === "signal") return "signal";
  if (keep === "rank") return { rank: wholeAsked("rank", value) };
  if (keep === "gaussians") return { gaussians: value.trim() };
  return keep === "budget" ? { budget: shareAsked("budget", value) } : { energy: shareAsked("energy", value) };
}

/**
 * The library's options for what was chosen, but for the imatrix, which is to be read. @throws RangeError where a
 * value is none; what does not go together is for `compress` to say.
 */
export function compressOptions(choice: CompressChoice): CompressOptions {
  const { method, factors, allocate, order, include, exclude, transpose } = choice;
  return {
    method,
    keep: keepOf(choice),
    factors,
    allocate,
    order,
    include: pattern("include", include),
    exclude: pattern("exclude", exclude),
    transpose: pattern("transpose", transpose),
  };
}

/** What the command line is given to make the same file; options that are as they are by default are left out. */
export function compressCommand(choice: CompressChoice, input: Input, output: string): string {
  const parts = ["weightscope", "compress", named(input)];
  const { keep, value, ...others } = choice;
  if (keep !== "signal") parts.push(`--${keep}`, word(value.trim() || "…"));
  for (const [name, chosen] of Object.entries(others))
    if (chosen !== DEFAULT_COMPRESS[name as keyof typeof others])
      parts.push(`--${name}`, word(chosen instanceof Blob ? chosen.name : (chosen ?? "")));
  return [...parts, "--output", word(output)].join(" ");
}

/** The library's options for an adapter. @throws RangeError where a value is none */
export function adapterOptions({ keep, value, dtype, rest }: AdapterChoice): AdapterOptions {
  return {
    factors: dtype,
    rest,
    ...(keep === "rank" && { rank: wholeAsked("rank", value) }),
    ...(keep === "energy" && { energy: shareAsked("energy", value) }),
  };
}
