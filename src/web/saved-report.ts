import { printable } from "../base/printable.js";
import type { Report } from "../types.js";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A report that was saved as JSON, by its shape. @throws TypeError saying what it is not */
export function reportOf(given: unknown, name: string): Report {
  const refuse = (why: string): never => {
    throw new TypeError(`${printable(name, 200)}: ${why}`);
  };
  if (!isObject(given)) return refuse("this is not a report");
  const { schemaVersion, source, matrices, layers, summary, options, tool } = given;
  if (schemaVersion !== 2)
    return refuse(
      typeof schemaVersion === "number"
        ? `this is a report of version ${schemaVersion}, not 2`
        : "this is not a report",
    );
  if (!isObject(source) || typeof source.name !== "string" || !Array.isArray(source.notes) || !isObject(tool))
    return refuse("this is not a report of an analysis");
  if (!isObject(summary) || !Array.isArray(summary.compression) || !isObject(options) || !Array.isArray(layers))
    return refuse("this report has no summary");
  if (!Array.isArray(matrices)) return refuse("this report has no matrices");
  for (const matrix of matrices)
    if (
      !isObject(matrix) ||
      typeof matrix.name !== "string" ||
      !Array.isArray(matrix.gaussian) ||
      !isObject(matrix.norms)
    )
      return refuse("this report has a matrix without figures");
  return given as unknown as Report;
}

/** The report at an address. @throws Error naming the address */
export const fetchReport = async (address: string, signal: AbortSignal): Promise<Report> =>
  reportOf(await fetchJson(address, signal), address);

/** What JSON at an address says. @throws Error naming the address */
export async function fetchJson(address: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(address, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error(
      `${printable(address, 300)}: the browser could not read it; it must be there and allow other origins (CORS)`,
    );
  });
  if (!response.ok) throw new Error(`${printable(address, 300)}: the server answered ${response.status}`);
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new TypeError(`${printable(address, 300)}: this is not JSON`);
  }
}
