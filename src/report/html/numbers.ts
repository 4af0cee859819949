/** How figures are written for people: enough digits to compare, none for show. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1).replace("e+", "e");
  return size >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(digits)));
}

/** A count with its thousands apart. */
export const count = (value: number): string => value.toLocaleString("en");

/** A share with three digits after the point: shares are compared by eye down a column. */
export const share = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(3);

/** Counts and bytes in steps of a thousand: 10.2M, 5.02 MB. */
export function short(value: number, unit = ""): string {
  let rest = value;
  for (const prefix of ["", "k", "M", "G", "T"]) {
    if (Math.abs(rest) < 999.5 || prefix === "T") {
      const written = prefix === "" ? rest : Number(rest.toPrecision(3));
      return `${written}${unit === "" ? "" : "\u00a0"}${unit === "" && prefix === "G" ? "B" : prefix}${unit}`;
    }
    rest /= 1000;
  }
  return String(value);
}
export const bytes = (value: number): string => short(value, "B");
