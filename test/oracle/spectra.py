"""Signal directions, ranks and tails of every matrix of a safetensors file in float64 numpy (LAPACK gesdd).

It is the definition of docs/method.md §8, and the oracle of test/spectra and test/analyze.
The Marchenko–Pastur law is integrated over 200,001 points here.

Usage: spectra.py FILE; prints JSON by matrix name.
       spectra.py --law BETA X…; prints the law's median, then its share at each X.
"""
import json
import os
import sys
from functools import lru_cache

# Many small matrices: threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from figures import matrices, tensors

MIN_TAIL = 10
NEAR = 1e-4


@lru_cache(maxsize=None)
def mp_cdf(beta, points=200001):
    a, b = (1 - beta ** 0.5) ** 2, (1 + beta ** 0.5) ** 2
    t = np.linspace(0, np.pi / 2, points)
    x = a + (b - a) * np.sin(t) ** 2
    # density * dx/dt, with (b-x)(x-a) = ((b-a) sin t cos t)^2
    with np.errstate(invalid="ignore"):
        f = ((b - a) * np.sin(t) * np.cos(t)) ** 2 / (np.pi * beta * x)
    if a == 0:
        f[0] = b / (np.pi * beta)
    c = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2)])
    return x, c / c[-1]


def mp_median(beta):
    x, c = mp_cdf(beta)
    return float(np.interp(0.5, c, x))


def edge(n, m, point=2.0234):
    a, b = (n - 0.5) ** 0.5, (m - 0.5) ** 0.5
    return (a + b) ** 2 + point * (a + b) * (1 / a + 1 / b) ** (1 / 3)


def power_law(values, min_tail):
    x = np.sort(values)
    logs, best = np.log(x), None
    for i in range(len(x) - max(2, min_tail) + 1):
        if i and x[i] == x[i - 1]:
            continue
        n, total = len(x) - i, np.sum(logs[i:] - logs[i])
        if not total > 0:
            continue
        alpha = 1 + n / total
        share, j = 1 - (x[i:] / x[i]) ** (1 - alpha), np.arange(n)
        distance = max(np.max((j + 1) / n - share), np.max(share - j / n))
        if best is None or distance < best["D"]:
            error = float((alpha - 1) / n ** 0.5)
            best = {"alpha": float(alpha), "xmin": float(x[i]), "D": float(distance), "tail": n, "standardError": error}
    return best


def mp_fit(lam, larger, smaller):
    k = 0
    while True:
        v = float(np.median(lam[k:]) / ((larger - k) * mp_median((smaller - k) / (larger - k))))
        e = v * edge(larger - k, smaller - k)
        more = int((lam > e).sum())
        if more <= k or smaller - more < 4:
            break
        k = more
    n, m = larger - k, smaller - k
    x, c = mp_cdf(m / n)
    share, j = np.interp(np.sort(lam[k:]) / np.mean(lam[k:]), x, c), np.arange(m)
    distance = float(max(np.max((j + 1) / m - share), np.max(share - j / m)))
    return {"noiseVariance": v, "edge": float(e), "count": k, "bulkKStimesSize": distance * m}


def kritchman_nadler(lam, larger, smaller, point=2.4224):
    values = lam / larger
    for k in range(smaller - 1):
        rest = values[k:].sum()
        v = rest / (smaller - k)
        for _ in range(50):
            t = values[:k] + v - (smaller - k) / larger * v
            discriminant = t * t - 4 * values[:k] * v
            if (discriminant < 0).any():
                break
            new = (rest + (values[:k] - (t + np.sqrt(discriminant)) / 2).sum()) / (smaller - k)
            done = new <= 0 or abs(new - v) < 1e-10 * v
            if new > 0:
                v = new
            if done:
                break
        if not lam[k] > v * edge(larger, smaller - k, point):
            return {"count": k}
    return {"count": smaller - 1}


def shown(smaller):
    """Of which ranks the singular values are printed: the first eight, the last, and some sixteen between."""
    return sorted({*range(min(8, smaller)), *range(0, smaller, max(1, smaller // 16)), smaller - 1})


def figures(w):
    n, d = w.shape
    larger, smaller = max(n, d), min(n, d)
    s = np.linalg.svd(w, compute_uv=False)
    lam = s * s
    total, share = lam.sum(), s / s.sum()
    kept = np.cumsum(lam) / total
    signal = mp_fit(lam, larger, smaller)
    lower = signal["noiseVariance"] * (np.sqrt(larger - signal["count"]) - np.sqrt(smaller - signal["count"])) ** 2
    return {
        "rows": n,
        "columns": d,
        "effectiveRank": float(np.exp(-np.sum(share[share > 0] * np.log(share[share > 0])))),
        "numericalRank": int((s > s[0] * larger * 2.0 ** -23).sum()),
        "energyRank": {str(q): int(np.searchsorted(kept, q) + 1) for q in (0.5, 0.9, 0.99)},
        "powerLaw": power_law(lam[lam > 0], MIN_TAIL) if (lam > 0).sum() >= MIN_TAIL else None,
        "marchenkoPastur": {
            **signal,
            "below": int((lam < lower).sum()),
            "energy": float(lam[: signal["count"]].sum() / total),
        },
        "kritchmanNadler": kritchman_nadler(lam, larger, smaller),
        "nearEdge": int((abs(lam / signal["edge"] - 1) <= NEAR).sum()) if signal["edge"] > 0 else 0,
        "singularValues": {str(k): float(s[k]) for k in shown(smaller)},
    }


def main():
    if sys.argv[1] == "--law":
        ratio, values = float(sys.argv[2]), [float(x) for x in sys.argv[3:]]
        x, c = mp_cdf(ratio)
        return [mp_median(ratio), *np.interp(values, x, c)]
    report = {}
    for tensor, values in tensors(sys.argv[1]):
        for name, w in matrices(tensor, values):
            if min(w.shape) >= 2 and np.isfinite(w).all() and (w != 0).any():
                report[name] = figures(w)
    return report


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
