import { printable } from "../base/printable.js";
import type { Report } from "../types.js";
import { count, percent, plural, plusMinus } from "./format.js";

/** How many matrices were counted, and what that leaves open. */
function reservations({
  counted,
  matrices,
  withoutBulk,
  unsampledRoles,
}: NonNullable<Report["summary"]["signal"]>): string {
  const sampled = counted < matrices ? [`from ${count(counted)} of ${plural(matrices, "matrix", "matrices")}`] : [];
  const left = unsampledRoles.length > 0 ? [`without ${unsampledRoles.map((role) => printable(role)).join(", ")}`] : [];
  const bulk =
    withoutBulk > 0 ? [`in ${count(withoutBulk)} of ${count(counted)} what is left is not distributed as noise`] : [];
  const all = [...sampled, ...left, ...bulk];
  return all.length > 0 ? ` (${all.join("; ")})` : "";
}

/**
 * The answer in one sentence, the first line of every report: directions above noise, the free parameters that they
 * are, and the energy in them (docs/method.md §8).
 */
export function answerOf({ summary }: Pick<Report, "summary">): string {
  const { signal, parameters } = summary;
  if (signal === null)
    return `How many of ${plural(parameters, "parameter")} are free was not asked: no singular values.`;
  const { directions, standardError, of } = signal;
  const whole = (value: number): string => count(Math.round(value));
  const error = plusMinus(standardError, whole);
  const errors = summary.sample?.standardErrors.signal;
  const about = signal.counted < signal.matrices ? "About " : "";
  const stand = directions === 1 ? "stands" : "stand";
  const found = `${about}${count(directions)}${error} of ${plural(of, "direction")} ${stand} above noise`;
  const parametersError = plusMinus(errors?.parameters, whole);
  const free = `${count(signal.parameters)}${parametersError} free parameters of ${count(parameters)}`;
  const energy = `${percent(signal.energy)}${plusMinus(errors?.energy, percent)} % of the energy`;
  return `${found}: ${free}, with ${energy}${reservations(signal)}.`;
}

/**
 * That sentence while not all of `planned` matrices are done, or where it ended before they were: it is of those alone.
 */
export function answerSoFar(
  { matrices, summary }: Pick<Report, "matrices" | "summary">,
  ended: boolean,
  planned: number | null = null,
): string {
  const done =
    planned === null
      ? plural(matrices.length, "matrix", "matrices")
      : `${count(matrices.length)} of ${plural(planned, "matrix", "matrices")}`;
  if (matrices.length === 0) return ended ? "No matrix was finished." : "No matrix is finished yet.";
  return `${ended ? `Of the ${done} that were finished` : `So far, of ${done}`}: ${answerOf({ summary })}`;
}
