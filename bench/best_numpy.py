"""The share of ‖W‖² that no factors of a rank can exceed: all eigenvalues of the Gram matrix of the first matrix of a
bf16 safetensors file, in f64.

Usage: best_numpy.py FILE RANK
"""
import json
import struct
import sys

import numpy as np

with open(sys.argv[1], "rb") as source:
    header = json.loads(source.read(struct.unpack("<Q", source.read(8))[0]))
    entry = next(entry for name, entry in header.items() if name != "__metadata__")
    first, last = entry["data_offsets"]
    source.seek(first, 1)
    bits = np.frombuffer(source.read(last - first), "<u2").astype("<u4") << 16
A = bits.view("<f4").reshape(entry["shape"]).astype("f8")
squares = np.linalg.eigvalsh(A @ A.T)[::-1]
print(squares[: int(sys.argv[2])].sum() / squares.sum())
