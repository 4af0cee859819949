"""Transition matrices of a text in float64 numpy, dense: the oracle of test/transition.numpy.test.ts.

Usage: transitions.py FILE SMOOTHING V..., prints JSON by V. Words by docs/method.md §4, split here
character by character.
"""
import json
import sys
import unicodedata
from collections import Counter

import numpy as np


def words(text):
    text = unicodedata.normalize("NFC", text)
    inside = lambda character, kinds: unicodedata.category(character)[0] in kinds
    position, end = 0, len(text)
    while position < end:
        if not inside(text[position], "LNM"):
            position += 1
            continue
        start = position
        while position < end and inside(text[position], "LNM"):
            position += 1
        while position + 1 < end and text[position] in "'\u2019" and inside(text[position + 1], "LM"):
            position += 1
            while position < end and inside(text[position], "LM"):
                position += 1
        yield text[start:position].lower()


def participation(matrix):
    gram = matrix @ matrix.T
    square = (gram * gram).sum()
    return (matrix * matrix).sum() ** 2 / square if square > 0 else None


def figures(counts, smoothing):
    size = len(counts)
    sums = counts.sum(axis=1, keepdims=True) + smoothing * size
    transition = np.divide(counts + smoothing, sums, out=np.zeros_like(counts), where=sums > 0)
    parts = {}
    for name, matrix in (("transition", transition), ("counts", counts)):
        antisymmetric, symmetric = (matrix - matrix.T) / 2, (matrix + matrix.T) / 2
        parts[name] = {
            "antisymmetric": participation(antisymmetric), "symmetric": participation(symmetric),
            "asymmetry": np.linalg.norm(antisymmetric) / np.linalg.norm(matrix),
            "spectralNorm": np.linalg.norm(symmetric, 2) if size <= 512 else None,
        }
    return parts


tokens = list(words(open(sys.argv[1], encoding="utf-8-sig", newline="").read()))
ranks = {word: rank for rank, (word, _) in enumerate(Counter(tokens).most_common())}
ids = np.array([ranks[word] for word in tokens])
result = {"tokens": len(tokens), "types": len(ranks)}
for size in map(int, sys.argv[3:]):
    both = (ids[:-1] < size) & (ids[1:] < size)
    size = min(size, len(ranks))
    counts = np.zeros((size, size))
    np.add.at(counts, (ids[:-1][both], ids[1:][both]), 1)
    result[size] = {"pairs": int(both.sum()), "nonZero": int((counts > 0).sum()), **figures(counts, float(sys.argv[2]))}
print(json.dumps(result))
