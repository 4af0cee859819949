/**
 * What callers without types may give: arrays and expressions of another realm are taken as our own are, and what
 * cannot be meant is a TypeError with the argument's name.
 */

import { suggestion } from "./nearest.js";
import { printable } from "./printable.js";

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get!;

/** "Float32Array", "Uint8Array", …, whatever realm it was made in; "" for all else. */
export function arrayKind(value: unknown): string {
  return (typedArrayTag.call(value) as string | undefined) ?? "";
}

/** "RegExp", "URL", "Blob", "ArrayBuffer", …, whatever realm it was made in. */
export const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** How a value that cannot be meant is named in a message: its kind, never its contents. */
export const inShort = (value: unknown): string =>
  value === null ? "null" : typeof value === "object" ? kindOf(value) : typeof value;

/** @throws TypeError */
export function requireObject(value: unknown, name: string, what = "an object"): void {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${name} must be ${what}, not ${inShort(value)}`);
}

/** Options with every default filled in. */
export type Filled<T> = { [Name in keyof T]-?: Exclude<T[Name], undefined> };

/** All names that options may have: `{ seed: 1 } satisfies Names<Options>`. */
export type Names<Options> = Record<keyof Required<Options>, 1>;

/** @throws TypeError for an option of another name, which would be without effect: most often it is a slip. */
export function refuseUnknown(options: object, names: object, where = "options"): void {
  for (const [key, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(names, key))
      throw new TypeError(`${where}.${printable(key, 40)} is no option${suggestion(key, Object.keys(names))}`);
}

/** Options that are numbers wherever they stand. */
const NUMBERS = new Set([
  ..."threads memory maxSpool seed permutations shuffles smoothing".split(" "),
  ..."maxIterations tolerance blockSize width count rank".split(" "),
]);

/**
 * Options, an empty object where there are none. @throws TypeError also for a signal or a listener that is none, and
 * for what must be a number; and where `names` says which there are, for any other.
 */
export function optionsOf<T extends object>(options: T | undefined, name = "options", names?: Names<T>): T {
  if (options === undefined) return {} as T;
  requireObject(options, name);
  if (kindOf(options) === "Array") throw new TypeError(`${name} must be an object, not Array`);
  const { signal, ...others } = options as { signal?: unknown } & Record<string, unknown>;
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted !== "function")
    throw new TypeError(`${name}.signal must be an AbortSignal, not ${inShort(signal)}`);
  for (const [key, value] of Object.entries(others)) {
    if (NUMBERS.has(key) && value !== undefined && typeof value !== "number")
      throw new TypeError(`${key} must be a number, not ${inShort(value)}`);
    if (/^on[A-Z]/.test(key) && value !== undefined && typeof value !== "function")
      throw new TypeError(`${name}.${key} must be a function, not ${inShort(value)}`);
  }
  if (names) refuseUnknown(options, names, name);
  return options;
}

/** A regular expression, or its source as the command line takes it. @throws TypeError */
export function expressionOf(value: unknown, name: string): RegExp | undefined {
  if (value === undefined || value === null) return undefined;
  if (kindOf(value) === "RegExp") return value as RegExp;
  try {
    if (typeof value === "string") return new RegExp(value);
  } catch (error) {
    throw new TypeError(`${name} is no regular expression: ${(error as Error).message}`, { cause: error });
  }
  throw new TypeError(`${name} must be a regular expression, not ${inShort(value)}`);
}

/** Options whose `include`, `exclude` and `transpose` may be the sources of expressions. @throws TypeError */
export function chosenOf<T extends object>(given: T | undefined, names?: Names<T>): T {
  const options = { ...optionsOf(given, "options", names) } as Record<string, unknown>;
  for (const name of ["include", "exclude"])
    if (options[name] !== undefined) options[name] = expressionOf(options[name], name);
  const { transpose } = options;
  if (transpose !== undefined && transpose !== "auto" && transpose !== "none")
    options.transpose = expressionOf(transpose, "transpose");
  return options as T;
}

/** Bytes in any of their forms, as a view of the same memory; null where the value is none of them. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (arrayKind(value) === "Uint8Array" || arrayKind(value) === "Uint8ClampedArray" || kindOf(value) === "DataView") {
    const { buffer, byteOffset, byteLength } = value as ArrayBufferView;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const kind = kindOf(value);
  return kind === "ArrayBuffer" || kind === "SharedArrayBuffer" ? new Uint8Array(value as ArrayBuffer) : null;
}
