import { CheckpointError } from "../base/errors.js";
import { quoted } from "../base/printable.js";
import type { Answer } from "../host/contract.js";
import type { HttpTarget } from "./http.js";

/**
 * `bytes first-last/total`, as [start, end); null where nothing is said. What cannot be read may be of any place: it is
 * not taken for nothing.
 */
export function contentRange(
  target: HttpTarget,
  response: Answer,
): { start: number; end: number; total: number | null } | null {
  const said = response.headers.get("content-range")?.trim() ?? "";
  if (response.status !== 206 || said === "") return null;
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(said);
  if (!match)
    throw new CheckpointError(
      "http-range",
      `${target.address}: a Content-Range that says no place: ${quoted(said, 60)}`,
    );
  return { start: Number(match[1]), end: Number(match[2]) + 1, total: match[3] === "*" ? null : Number(match[3]) };
}
