/** Whether a value read from JSON is of a shape: true, or what is wrong with it, by the path to it. */
export type Check = (value: unknown) => boolean | string;

/** Null where the value fits, else where it does not, in words without any of the value's own. */
export function fits(value: unknown, check: Check): string | null {
  const found = check(value);
  return found === true ? null : found === false ? "it has another shape" : found;
}

/** A finite number; JSON has no other. */
export const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
/** True or false. */
export const truth: Check = (value) => typeof value === "boolean";

/** A whole number from `least` to `most`. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  return (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most;
}

/** A text of at most `longest` characters that a pattern matches. */
export function text(pattern: RegExp, longest: number): Check {
  return (value) => typeof value === "string" && value.length <= longest && pattern.test(value);
}

/** Any of these words. */
export function word(...words: string[]): Check {
  return (value) => typeof value === "string" && words.includes(value);
}

/** What fits, or null. */
export function nullable(check: Check): Check {
  return (value) => value === null || check(value);
}

/** A field that may be left out. */
export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

/** What fits one of two. */
export function anyOf(one: Check, other: Check): Check {
  return (value) => one(value) === true || other(value) === true;
}

/** A list of at most `most` values that fit. */
export function list(check: Check, most: number, least = 0): Check {
  return (value) => {
    if (!Array.isArray(value)) return "a list is none";
    if (value.length < least || value.length > most) return `a list of ${value.length}, not of ${least} to ${most}`;
    for (const one of value) {
      const found = check(one);
      if (found !== true) return found;
    }
    return true;
  };
}

/** An object with these fields and no others. */
export function nothingElse(fields: Readonly<Record<string, Check>>): Check {
  const known = Object.entries(fields);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "an object is none";
    for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) return "a field that is not known";
    for (const [name, check] of known) {
      const found = check(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
      if (found !== true) return found === false ? `its ${name}` : `its ${name}: ${found}`;
    }
    return true;
  };
}
