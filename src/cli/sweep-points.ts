import type { Keep } from "../compress/contract.js";
import { gaussiansAsked, integer, share } from "./values.js";

/** One thing that a sweep keeps, and how it was asked for. */
export interface SweepPoint {
  asked: string;
  keep: Keep;
}

/**
 * An entry of `--sweep`: a budget (0.25, 1/4), or any other measure of what is kept: signal, energy=0.9, rank=8,
 * gaussians=d/16.
 * @throws UsageError for anything else.
 */
export function sweepPoint(text: string, option: string): SweepPoint {
  if (text === "signal") return { asked: text, keep: "signal" };
  const [, kind, value] = /^(energy|rank|gaussians)=(.*)$/s.exec(text) ?? [];
  if (kind === "energy") return { asked: text, keep: { energy: share(value, `${option} energy=`) } };
  if (kind === "rank") return { asked: text, keep: { rank: integer({ minimum: 1 })(value, `${option} rank=`) } };
  if (kind === "gaussians") return { asked: text, keep: { gaussians: gaussiansAsked(value, `${option} gaussians=`) } };
  return { asked: text, keep: { budget: share(text, option) } };
}
