"""Each matrix of a bf16 safetensors file by its leading singular vectors: Halko, Martinsson & Tropp's randomised SVD
with two power steps and ten vectors more than asked. Writes the factors in bf16; prints the energies that they hold.

Usage: compress_numpy.py FILE RANK OUTPUT
"""
import json
import struct
import sys

import numpy as np

file, rank, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
random = np.random.default_rng(1)


def randomised(A):
    Q = np.linalg.qr(A @ random.standard_normal((A.shape[1], rank + 10), dtype="f4"))[0]
    for _ in range(2):
        Q = np.linalg.qr(A.T @ Q)[0]
        Q = np.linalg.qr(A @ Q)[0]
    U, s, V = np.linalg.svd(Q.T @ A, full_matrices=False)
    return (Q @ U[:, :rank]) * np.sqrt(s[:rank]), np.sqrt(s[:rank])[:, None] * V[:rank], s[:rank]


energies = []
with open(file, "rb") as source, open(output, "wb") as target:
    header = json.loads(source.read(struct.unpack("<Q", source.read(8))[0]))
    start = source.tell()
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        source.seek(start + first)
        bits = np.frombuffer(source.read(last - first), "<u2").astype("<u4") << 16
        A = bits.view("<f4").reshape(entry["shape"])
        left, right, s = randomised(A)
        for factor in (left, right):
            target.write((factor.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes())
        energies.append(float((s.astype("f8") ** 2).sum() / np.einsum("ij,ij->", A, A, dtype="f8")))
print(json.dumps(energies))
