/** How figures are written for people: enough digits to compare, none for show. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1).replace("e+", "e");
  return size >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(digits)));
}

/** A count with its thousands apart. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** " ± 12": an estimate's standard error as it is written behind it; nothing where it has none. */
export const plusMinus = (error: number | null | undefined, written: (error: number) => string): string =>
  error === null || error === undefined || error === 0 ? "" : ` ± ${written(error)}`;

/** A share with three digits after the point: shares are compared by eye down a column. */
export const share = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(3);

const STEPS: [prefix: string, scale: number][] = [
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
  ["T", 1e12],
];

/** Counts and bytes in steps of a thousand: 10.2M, 5.02 MB. */
export function short(value: number, unit = ""): string {
  const size = Math.abs(value);
  const step = STEPS.find(([, from]) => size < 999.5 * from) ?? STEPS[STEPS.length - 1];
  const [prefix, scale] = step;
  const scaled = value / scale;
  const shown = scale === 1 ? value : size < 999.5 * scale ? Number(scaled.toPrecision(3)) : Math.round(scaled);
  return `${shown}${unit === "" ? "" : "\u00a0"}${unit === "" && prefix === "G" ? "B" : prefix}${unit}`;
}
/** A count of bytes, in decimal units to three figures. */
export const bytes = (value: number): string => short(value, "B");
