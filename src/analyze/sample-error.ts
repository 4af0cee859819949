import type { SampleDesign } from "./draw.js";

/**
 * The standard error of Σ value over all matrices of a checkpoint, estimated by Σ weight · value over those drawn; 0
 * where all were, null where one unit alone was drawn of several. Two stages (Särndal, Swensson and Wretman 1992,
 * §4.3): layers by the differences of neighbours (Wolter 2007, §8.2, v₂) of what is left beside their size, and by
 * their trend over depth, both of which a systematic sample asks for; experts of a layer as a simple sample without
 * replacement.
 */
export function sampleError<T extends { name: string }>(
  design: SampleDesign | null,
  matrices: readonly T[],
  value: (matrix: T) => number,
): number | null {
  if (design === null) return 0;
  const layers = design.groups.map(({ parameters }) => parameters.map(() => 0));
  const experts = design.experts.map(({ drawn }) => new Float64Array(drawn));
  for (const matrix of matrices) {
    const place = design.places.get(matrix.name);
    if (!place) continue;
    if (place.experts === null) layers[place.group][place.layer] += value(matrix);
    else experts[place.experts][place.expert] += value(matrix);
  }
  let variance = 0;
  for (const [i, { group, layer, of, drawn }] of design.experts.entries()) {
    const total = experts[i].reduce((sum, one) => sum + one, 0);
    layers[group][layer] += (total * of) / drawn;
    if (drawn === of) continue;
    if (drawn < 2) return null;
    const mean = total / drawn;
    const spread = experts[i].reduce((sum, one) => sum + (one - mean) * (one - mean), 0) / (drawn - 1);
    variance += design.groups[group].expansion * of * of * (1 - drawn / of) * (spread / drawn);
  }
  for (const [g, { of, expansion, parameters }] of design.groups.entries()) {
    const n = parameters.length;
    if (n === of) continue;
    if (n < 2) return null;
    const ratio = layers[g].reduce((sum, one) => sum + one, 0) / parameters.reduce((sum, one) => sum + one, 0);
    const rest = layers[g].map((total, i) => total - ratio * parameters[i]);
    let squares = 0;
    for (let i = 1; i < n; i++) squares += (rest[i] - rest[i - 1]) * (rest[i] - rest[i - 1]);
    variance += expansion * expansion * n * (1 - n / of) * (squares / (2 * (n - 1)));
    // What rises evenly over depth is off by as much as the start is off the middle of its interval.
    const interval = of / n;
    const slope = (rest[n - 1] - rest[0]) / ((n - 1) * interval);
    variance += expansion * expansion * n * n * slope * slope * ((interval * interval - 1) / 12);
  }
  return Math.sqrt(variance);
}
