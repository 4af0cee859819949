"""The report of `weightscope analyze` as an expert would write it in numpy: one thread, one matrix in memory at a time.

The participation ratio comes from the Gram matrix of the smaller side, tr(G)^2 / |G|^2, without a decomposition; every
moment from one centred copy; amplitudes from one product with a precomputed pseudo-inverse, their energy from the
amplitudes alone. float32 in the products, float64 in the totals.

Usage: analyze_numpy.py FILE [GAUSSIANS], GAUSSIANS like "auto,8"; prints JSON.
"""
import json
import re
import resource
import sys
from functools import lru_cache

import numpy as np
from scipy.sparse.linalg import eigsh

WIDTH = 0.5


def matrices(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    for name, info in header.items():
        if name == "__metadata__" or len(info["shape"]) != 2:
            continue
        start, end = info["data_offsets"]
        stored = np.fromfile(path, "<u2", (end - start) // 2, offset=8 + length + start)
        yield name, np.left_shift(stored, 16, dtype="<u4").view("<f4").reshape(info["shape"])


def gaussians_of(asked, columns):
    return min(columns, max(8, columns // 16) if asked == "auto" else int(asked))


@lru_cache(maxsize=None)
def basis_of(columns, gaussians):
    """What depends on the basis alone: its pseudo-inverse, its Gram matrix, and the traces for the nulls."""
    centres = np.arange(gaussians) * (columns - 1) / (gaussians - 1) if gaussians > 1 else np.array([(columns - 1) / 2])
    basis = np.exp(-0.5 * ((np.arange(columns) - centres[:, None]) / (WIDTH * columns / gaussians)) ** 2)
    gram = basis @ basis.T
    inverse = np.linalg.inv(gram)
    solve = basis.T @ inverse
    theta = (solve @ basis.sum(axis=1)).sum() / columns
    return solve.astype("f4"), gram.astype("f4"), theta, np.trace(inverse), (inverse ** 2).sum()


def norms(w):
    squares = np.einsum("ij,ij->i", w, w).sum(dtype="f8")
    row_sums = w.sum(axis=1)
    mean = row_sums.sum(dtype="f8") / w.size
    centred = w - np.float32(mean)
    np.multiply(centred, centred, out=centred)
    variance = centred.sum(axis=1).sum(dtype="f8") / w.size
    fourth = np.einsum("ij,ij->i", centred, centred).sum(dtype="f8") / w.size
    norm = np.sqrt(squares)
    return squares, row_sums, {
        "norm": norm, "normPerParameter": norm / w.size, "mean": mean, "standardDeviation": np.sqrt(variance),
        "excessKurtosis": fourth / variance ** 2 - 3, "minimum": w.min(), "maximum": w.max(), "nonFinite": 0,
    }


def participation(w, squares):
    gram = w.T @ w if w.shape[1] <= w.shape[0] else w @ w.T
    largest = eigsh(gram, k=1, tol=1e-5, return_eigenvectors=False)[0]
    return {
        "value": squares ** 2 / np.einsum("ij,ij->i", gram, gram).sum(dtype="f8"), "squaredNorm": squares,
        "stableRank": squares / largest, "spectralNorm": np.sqrt(largest),
    }


def fit(w, asked, squares, row_sums):
    rows, columns = w.shape
    gaussians = gaussians_of(asked, columns)
    solve, gram, theta, trace, inverse_squares = basis_of(columns, gaussians)
    amplitudes = w @ solve
    explained = np.einsum("ij,ij->i", amplitudes @ gram, amplitudes).sum(dtype="f8")
    along = (row_sums.astype("f8") ** 2).sum() / columns
    amplitudes -= amplitudes.mean(axis=0)
    covariance = amplitudes.T @ amplitudes
    return {
        "asked": asked, "gaussians": gaussians, "energy": explained / squares,
        "r2": 1 - (squares - explained) / (squares - along),
        "noiseEnergy": gaussians / columns,
        "noiseAmplitudeParticipationRatio":
            trace ** 2 / (inverse_squares * (1 + 1 / (rows - 1)) + trace ** 2 / (rows - 1)),
        "permutedEnergy": (theta * along + (gaussians - theta) * (squares - along) / (columns - 1)) / squares,
        "amplitudes": rows * gaussians, "compression": columns / gaussians,
        "amplitudeParticipationRatio":
            np.trace(covariance, dtype="f8") ** 2 / np.einsum("ij,ij->i", covariance, covariance).sum(dtype="f8"),
    }


def main():
    asked = sys.argv[2].split(",") if len(sys.argv) > 2 else ["auto", "8"]
    report, layers = [], {}
    for name, w in matrices(sys.argv[1]):
        squares, row_sums, figures = norms(w)
        fits = [fit(w, one, squares, row_sums) for one in asked]
        report.append({"name": name, "norms": figures, "participation": participation(w, squares), "gaussian": fits})
        layer = re.search(r"layers\.(\d+)\.", name)
        if layer:
            layers[int(layer[1])] = layers.get(int(layer[1]), 0) + squares
    print(json.dumps({
        "matrices": report,
        "layers": [{"layer": layer, "norm": np.sqrt(total)} for layer, total in sorted(layers.items())],
        "peakKilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }, default=float))


main()
