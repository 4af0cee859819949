import { suggestion } from "../base/nearest.js";
import { quoted } from "../base/printable.js";
import { DECIMAL, shareOf } from "../base/share.js";
import { type Option, UsageError } from "./command.js";

/** Readers of option values. Each throws UsageError with what it expects. */

interface Range {
  minimum?: number;
  maximum?: number;
  above?: number;
  below?: number;
}

function inWords({ minimum, maximum, above, below }: Range): string {
  const low = minimum !== undefined ? ` of at least ${minimum}` : above !== undefined ? ` above ${above}` : "";
  const high =
    maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER
      ? ` up to ${maximum}`
      : below !== undefined
        ? ` below ${below}`
        : "";
  return low && high ? `${low} and${high}` : low + high;
}

/** A decimal number: no hexadecimal, no infinity, no NaN. */
export function number(range: Range = {}): (text: string, option: string) => number {
  return (text, option) => {
    const value = DECIMAL.test(text) ? Number(text) : NaN;
    const inside =
      Number.isFinite(value) &&
      !(value < (range.minimum ?? -Infinity)) &&
      !(value > (range.maximum ?? Infinity)) &&
      !(value <= (range.above ?? -Infinity)) &&
      !(value >= (range.below ?? Infinity));
    if (!inside) throw new UsageError(`${option} takes a number${inWords(range)}, not ${quoted(text, 60)}`);
    return value;
  };
}

/** A whole number in plain digits. */
export function integer(range: Range = {}): (text: string, option: string) => number {
  const within = { maximum: Number.MAX_SAFE_INTEGER, ...range };
  return (text, option) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= (within.minimum ?? -within.maximum) && value <= within.maximum)) {
      throw new UsageError(`${option} takes a whole number${inWords(within)}, not ${quoted(text, 60)}`);
    }
    return value;
  };
}

/** A parser of one of several words; anything else is a UsageError that suggests the nearest. */
export function choice<const T extends string>(choices: readonly T[]): (text: string, option: string) => T {
  return (text, option) => {
    const found = choices.find((name) => name === text);
    if (found === undefined)
      throw new UsageError(`${option} takes ${oneOf(choices)}, not ${quoted(text, 60)}${suggestion(text, choices)}`);
    return found;
  };
}

function oneOf(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(", ")} or ${choices[choices.length - 1]}`;
}

/** A JavaScript regular expression, without flags. */
export function expression(text: string, option: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    // "Invalid regular expression: /(/: Unterminated group": the end says why.
    const why = String(error instanceof Error ? error.message : error)
      .split(": ")
      .pop();
    throw new UsageError(`${option} is not a regular expression: ${quoted(text, 60)}: ${why}`);
  }
}

/** "auto", "none" or a regular expression. */
export function transposition(text: string, option: string): "auto" | "none" | RegExp {
  return text === "auto" || text === "none" ? text : expression(text, option);
}

/** A parser that takes any text but none at all. */
export function text(value: string, option: string): string {
  if (value === "") throw new UsageError(`${option} is empty`);
  return value;
}

/** Values between commas, at least one, each read by `parse`. */
export function list<T>(parse: (text: string, option: string) => T): (text: string, option: string) => T[] {
  return (value, option) => value.split(",").map((part) => parse(part.trim(), option));
}

/** An option with a value. */
export function option<T>(value: string, help: string, parse: (text: string, option: string) => T): Option<T> {
  return { value, help, parse };
}

/** An option whose value names a file or source that is read. */
export function input(value: string, help: string): Option<string> {
  return { value, help, parse: text, reads: true };
}

/** An option whose value names a file or directory that is written. */
export function written(value: string, help: string): Option<string> {
  return { value, help, parse: text, writes: true };
}

/** An option without one: true where it is given. */
export function flag(help: string): Option<boolean> {
  return { help, parse: () => true };
}

/** "layers=8", "experts=16", or both between commas. */
export function sampled(value: string, name: string): { layers?: number; experts?: number } {
  const chosen: { layers?: number; experts?: number } = {};
  for (const part of value.split(",")) {
    const [, unit, n] = /^(layers|experts)=(\d{1,9})$/.exec(part.trim()) ?? [];
    if (n === undefined || Number(n) < 1 || (unit as "layers" | "experts") in chosen)
      throw new UsageError(
        `${name} takes layers=N, experts=N or both between commas, N a whole number from 1; not ${quoted(value, 60)}`,
      );
    chosen[unit as "layers" | "experts"] = Number(n);
  }
  return chosen;
}

/** "auto", "8", "d/16". */
export function gaussiansAsked(value: string, name: string): string {
  if (value === "auto" || /^d\/0*[1-9]\d{0,8}$/.test(value)) return value;
  if (!/^\d/.test(value))
    throw new UsageError(`${name} takes auto, a whole number or a part such as d/16, not ${quoted(value, 40)}`);
  return String(integer({ minimum: 1 })(value, name));
}

/** A share above 0 up to 1: "0.25", or "1/4". */
export function share(value: string, name: string): number {
  const found = shareOf(value);
  if (found === null)
    throw new UsageError(`${name} takes a share above 0 up to 1, such as 0.25 or 1/4, not ${quoted(value, 60)}`);
  return found;
}
