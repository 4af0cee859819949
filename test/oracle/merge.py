"""Merges an adapter of PEFT's format into a base, as PEFT does: the oracle of test/compare/adapter.test.ts.

Usage: merge.py BASE ADAPTER_DIR TUNED [OUTPUT]; prints JSON: by module the relative distance of base + adapter from
TUNED, and in all the share of ||dW||^2 that the adapter leaves. OUTPUT gets the merged checkpoint in f32.
"""
import json
import os
import struct
import sys

import numpy as np

TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
PREFIX = "base_model.model."


def tensors(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    found = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        start, end = info["data_offsets"]
        values = np.frombuffer(data[start:end], TYPES[info["dtype"]])
        if info["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        found[name] = values.reshape(info["shape"]).astype("<f4")
    return found


def write(path, values):
    header, at = {}, 0
    for name, x in values.items():
        header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        at += x.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(x.tobytes() for x in values.values()))


def targeted(module, config):
    return any(module == name or module.endswith("." + name) for name in config["target_modules"])


def merge(base, adapter, config):
    """PEFT scales by lora_alpha / r; a saved module takes the place of its own."""
    merged = dict(base)
    scale = config["lora_alpha"] / config["r"]
    for name, a in adapter.items():
        assert name.startswith(PREFIX), name
        if name.endswith(".lora_A.weight"):
            module = name[len(PREFIX):-len(".lora_A.weight")]
            b = adapter[name.replace(".lora_A.", ".lora_B.")]
            assert a.shape[0] == b.shape[1] == config["r"] and targeted(module, config), name
            change = (b.astype("f8") @ a.astype("f8")) * scale
            change = change.T if config["fan_in_fan_out"] else change
            merged[module + ".weight"] = (base[module + ".weight"] + change).astype("<f4")
        elif ".modules_to_save." in name:
            module, part = name[len(PREFIX):].split(".modules_to_save.")
            assert module in config["modules_to_save"], name
            merged[module + "." + part] = a
    # Every module that the configuration targets has factors: no more, no fewer.
    for name in base:
        module = name.removesuffix(".weight")
        has = PREFIX + module + ".lora_A.weight" in adapter
        assert has == (name.endswith(".weight") and base[name].ndim == 2 and targeted(module, config)), name
    return merged


def main():
    base, tuned = tensors(sys.argv[1]), tensors(sys.argv[3])
    adapter = tensors(os.path.join(sys.argv[2], "adapter_model.safetensors"))
    with open(os.path.join(sys.argv[2], "adapter_config.json")) as file:
        config = json.load(file)
    merged = merge(base, adapter, config)
    square = {name: float(((tuned[name].astype("f8") - base[name]) ** 2).sum()) for name in base}
    left = {name: float(((tuned[name].astype("f8") - merged[name]) ** 2).sum()) for name in base}
    if len(sys.argv) > 4:
        write(sys.argv[4], merged)
    changed = {name: left[name] / square[name] for name in base if square[name] > 0}
    print(json.dumps({"left": changed, "inAll": sum(left.values()) / max(sum(square.values()), 1e-300)}))


main()
