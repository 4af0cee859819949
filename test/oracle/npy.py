"""Files that NumPy itself writes, and the values it reads back: what test/fixtures/numpy holds.

Usage: npy.py FOLDER
"""
import json
import sys

import numpy as np

folder = sys.argv[1]
rng = np.random.default_rng(7)
base = (rng.standard_normal((7, 5)) * 40).round(2)
cube = (rng.standard_normal((3, 4, 5)) * 40).round(2)
expected = {}
for descr in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
    for order in "<>":
        for layout in "CF":
            for shape, values in (("matrix", base), ("cube", cube), ("vector", base[0]), ("scalar", base[0, 0])):
                array = np.asarray(np.abs(values) if descr[0] == "u" else values).astype(order + descr)
                array = np.array(array, order=layout)
                name = f"{descr}-{'big' if order == '>' else 'little'}-{layout}-{shape}"
                np.save(f"{folder}/{name}.npy", array)
                read = array.astype(np.float32).ravel().astype(float).tolist()
                expected[name] = {"shape": array.shape, "values": read}
many = {
    "first": base.astype("<f4"),
    "second/part": np.asfortranarray(cube.astype(">f8")),
    "ids": np.arange(6),
    "words": np.array(["a", "bc"]),
    "none": np.zeros((0, 4), "f4"),
}
np.savez(f"{folder}/stored.npz", **many)
np.savez_compressed(f"{folder}/deflated.npz", **many)
np.savez(f"{folder}/object.npz", w=base, config=np.array({"a": 1}, dtype=object))
expected["first"] = {"shape": [7, 5], "values": many["first"].ravel().astype(float).tolist()}
expected["second/part"] = {"shape": [3, 4, 5], "values": cube.astype("f4").ravel().astype(float).tolist()}
expected["ids"] = {"shape": [6], "values": list(range(6))}
# Larger than one read, and deflated to little: cell i is 7919 i modulo 1009.
big = (np.arange(600 * 700) * 7919 % 1009).astype("f4").reshape(600, 700)
np.savez_compressed(f"{folder}/big-F.npz", big=np.asfortranarray(big), again=big)
with open(f"{folder}/expected.json", "w") as file:
    json.dump(expected, file)
