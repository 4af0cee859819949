"""Figures of every matrix of safetensors files in float64 numpy: the oracle of test/analyze.test.ts.

Usage: figures.py FILE GAUSSIANS [WIDTH], GAUSSIANS like "auto,8"; prints JSON by matrix name.
"""
import json
import re
import struct
import sys

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def tensors(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    for name, info in header.items():
        if name == "__metadata__" or info["dtype"] not in TYPES:
            continue
        start, end = info["data_offsets"]
        values = np.frombuffer(data[start:end], TYPES[info["dtype"]])
        if info["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        yield name, values.reshape(info["shape"]).astype(np.float64)


def matrices(name, values):
    shape = values.shape
    if len(shape) < 2 or values.size == 0:
        return
    if len(shape) == 2:
        yield name, values
    elif re.search(r"(^|[._/])(experts?|\w+_exps)([._/]|$)", name):
        for index in np.ndindex(shape[:-2]):
            yield name + "[" + ",".join(map(str, index)) + "]", values[index]
    else:
        yield name, values.reshape(shape[0], -1)


def participation(spectrum):
    squares = (spectrum ** 2).sum()
    return spectrum.sum() ** 2 / squares if squares > 0 else None


def fit(w, gaussians, width):
    d = w.shape[1]
    centres = np.arange(gaussians) * (d - 1) / (gaussians - 1) if gaussians > 1 else np.array([(d - 1) / 2])
    sigma = width * d / gaussians
    basis = np.exp(-((np.arange(d)[None] - centres[:, None]) ** 2) / (2 * sigma ** 2))
    amplitudes = w @ np.linalg.pinv(basis, rcond=1e-6)
    residual = ((w - amplitudes @ basis) ** 2).sum()
    variation = ((w - w.mean(axis=1, keepdims=True)) ** 2).sum()
    covariance = np.cov(amplitudes.T, bias=True).reshape(gaussians, gaussians)
    trace, squares = np.trace(covariance), (covariance ** 2).sum()
    projector = np.linalg.pinv(basis, rcond=1e-6) @ basis
    rank = round(np.trace(projector))
    theta = projector.sum() / d
    a, whole = (w.sum(axis=1) ** 2).sum() / d, (w ** 2).sum()
    return {
        "energy": 1 - residual / whole,
        "r2": 1 - residual / variation if variation > 0 else None,
        "amplitudeParticipationRatio": trace ** 2 / squares if squares > 0 else None,
        "rank": rank,
        "permutedEnergy": (theta * a + (rank - theta) * (whole - a) / (d - 1)) / whole,
    }


def chosen(asked, d):
    wanted = max(8, d // 16) if asked == "auto" else d // int(asked[2:]) if asked.startswith("d/") else int(asked)
    return min(d, max(1, wanted))


def main():
    path, asked = sys.argv[1], sys.argv[2].split(",")
    width = float(sys.argv[3]) if len(sys.argv) > 3 else 0.5
    report = {}
    for tensor, values in tensors(path):
        for name, w in matrices(tensor, values):
            n, d = w.shape
            if min(n, d) < 2:
                continue
            singular = np.linalg.svd(w, compute_uv=False)
            mean, variance = w.mean(), w.var()
            report[name] = {
                "norm": float(np.linalg.norm(w)),
                "mean": mean,
                "standardDeviation": float(np.sqrt(variance)),
                "excessKurtosis": float(((w - mean) ** 4).mean() / variance ** 2 - 3) if variance > 0 else 0,
                "participation": participation(singular ** 2),
                "spectralNorm": float(singular[0]),
                "topEnergies": [float((singular[:chosen(k, d)] ** 2).sum() / (singular ** 2).sum()) for k in asked],
                "equalEnergies": [
                    float((singular[:n * chosen(k, d) // (n + d)] ** 2).sum() / (singular ** 2).sum())
                    for k in asked
                ],
                "fits": [fit(w, chosen(k, d), width) for k in asked],
            }
    json.dump(report, sys.stdout, default=float)


if __name__ == "__main__":
    main()
