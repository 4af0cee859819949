/** Largest differences between two reports, relative unless said otherwise. */
export function compare(ours, theirs) {
  const worst = {
    norm: 0,
    mean: 0,
    energy: 0,
    r2: 0,
    permutedEnergy: 0,
    participation: 0,
    spectralNorm: 0,
    amplitudeParticipation: 0,
    outside: 0,
    standardErrors: 0,
  };
  const raise = (name, difference) => {
    worst[name] = Math.max(worst[name], Math.abs(difference));
  };
  const byName = new Map(theirs.matrices.map((matrix) => [matrix.name, matrix]));
  for (const { name, norms, participation, gaussian } of ours.matrices) {
    const other = byName.get(name);
    raise("norm", norms.norm / other.norms.norm - 1);
    raise("mean", (norms.mean - other.norms.mean) / other.norms.standardDeviation);
    raise("participation", participation.value / other.participation.value - 1);
    raise("spectralNorm", participation.spectralNorm / other.participation.spectralNorm - 1);
    // numpy's own float32 Gram matrix is right to some 1e-6.
    if (
      other.participation.value < participation.lower * (1 - 1e-5) ||
      other.participation.value > participation.upper * (1 + 1e-5)
    )
      worst.outside++;
    if (participation.standardError > 0)
      raise("standardErrors", (participation.value - other.participation.value) / participation.standardError);
    gaussian.forEach((fit, k) => {
      for (const figure of ["energy", "r2", "permutedEnergy"]) raise(figure, fit[figure] - other.gaussian[k][figure]);
      raise(
        "amplitudeParticipation",
        fit.amplitudeParticipationRatio / other.gaussian[k].amplitudeParticipationRatio - 1,
      );
    });
  }
  return worst;
}

/** What the figures of both must agree to; the power method's value by its own standard error. */
export const tolerances = {
  norm: 2e-6,
  mean: 1e-5,
  energy: 2e-6,
  r2: 2e-6,
  permutedEnergy: 2e-6,
  amplitudeParticipation: 2e-5,
};

/** Fails where two reports differ by more than that; `exact`: both participation ratios are exact. */
export function checked(name, worst, exact) {
  for (const [figure, most] of Object.entries(tolerances))
    if (!(worst[figure] <= most)) throw new Error(`${name}: ${figure} differs by ${worst[figure]}, more than ${most}`);
  if (exact && !(worst.participation <= 1e-5))
    throw new Error(`${name}: the exact participation ratio differs by ${worst.participation}`);
  if (worst.outside > 0)
    throw new Error(`${name}: ${worst.outside} participation ratios outside their certified bounds`);
}
