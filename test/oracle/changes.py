"""What changed between two safetensors files in float64 numpy: the oracle of test/compare and the peer of bench/rows.

Usage: changes.py BASE TUNED; prints JSON: by matrix of the same name and shape ||dW||/||W||, cosine, share of entries
changed, PR, energy ranks, and the rank above simulated rounding noise (method.md, section 10), of numpy's own numbers.
"""
import json
import struct
import sys

import numpy as np

TYPES = {"F32": ("<f4", 23, -126), "F16": ("<f2", 10, -14), "BF16": ("<u2", 7, -126)}


def tensors(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    for name, info in header.items():
        if name == "__metadata__":
            continue
        start, end = info["data_offsets"]
        values = np.frombuffer(data[start:end], TYPES[info["dtype"]][0])
        if info["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        yield name, (values.reshape(info["shape"]).astype("<f4"), *TYPES[info["dtype"]][1:])


def unit(values, bits, least):
    """The unit in the last place, entry by entry."""
    exponent = np.frexp(values)[1] - 1
    return np.ldexp(1.0, np.where(values == 0, least, np.maximum(exponent, least)) - bits)


def figures(base, tuned, random):
    (w, *stored), (v, *other) = base, tuned
    change = (v - w).astype("f8")
    norm = np.linalg.norm(w.astype("f8"))
    size = np.linalg.norm(change)
    result = {"norm": norm, "relativeChange": size / norm, "changed": float((change != 0).mean())}
    if size == 0:
        return result
    squares = np.linalg.svd(change, compute_uv=False) ** 2
    held = np.cumsum(squares) / squares.sum()
    noise = unit(w, *stored) * (random.random(w.shape) - 0.5)
    noise += unit(v, *other) * (random.random(w.shape) - 0.5)
    edge = 1.2 * np.linalg.norm(noise, 2)
    return result | {
        "cosine": float((change * w).sum() / size / norm),
        "participation": squares.sum() ** 2 / (squares ** 2).sum(),
        "energyRanks": [int(np.searchsorted(held, share * (1 - 1e-12)) + 1) for share in (0.5, 0.9, 0.99)],
        "rankAboveRounding": int((np.sqrt(squares) > edge).sum()),
        "spectralNorm": float(np.sqrt(squares[0])),
        "nearTheEdge": int((np.abs(np.sqrt(squares) / edge - 1) < 0.05).sum()),
    }


def main():
    base, random = dict(tensors(sys.argv[1])), np.random.default_rng(1)
    both = ((name, base[name], tuned) for name, tuned in tensors(sys.argv[2]) if name in base and tuned[0].ndim == 2)
    print(json.dumps({name: figures(ours, theirs, random) for name, ours, theirs in both}, default=float))


main()
