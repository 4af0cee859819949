"""The points of ggml's IQ codebooks as gguf-py decodes them: what test/fixtures/quantref/codebooks.json holds.

Usage: pip install gguf==0.19.0; codebooks.py > test/fixtures/quantref/codebooks.json
For each codebook its levels, and per point one digit a lane: the index of its level.
"""
import json
from importlib.metadata import version

from gguf import quants

books = {}
for name in ["IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ1_S", "IQ3_XXS", "IQ3_S"]:
    quant = getattr(quants, name)
    quant.init_grid()
    levels = [int(level) for level in quant.grid_map]
    grid = quant.grid.reshape(quant.grid_shape)
    points = ["".join(str(levels.index(int(value))) for value in point) for point in grid]
    books[name.replace("IQ1_S", "IQ1")] = {"levels": levels, "points": points}
print(json.dumps({"by": f"gguf {version('gguf')} (MIT), quants.py", "codebooks": books}, indent=1))
