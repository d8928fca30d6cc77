"""Copies reference values from a folder of golden models into tests/golden, in the form tests read.

    python tools/import_goldens.py GOLDEN_FOLDER [--blocks 16] [--demo DEMO_FOLDER]  (needs numpy)

Reads   GOLDEN_FOLDER/quants/<TYPE>/blocks.npz: `raw` uint8 [n, block bytes], blocks of real
        quantised tensors, and `values` float32 [n, block elements], the same decoded by the Python
        package gguf.
Writes  tests/golden/blocks/<TYPE>.raw.npy and <TYPE>.values.npy: evenly spaced rows of both, as
        plain .npy, which tests/support/npy.hpp reads.

Copies  the files of MODELS and QUANTS that tests read, as they are, to tests/golden/models and
        tests/golden/quants: the model, cases.json, and each case's logits, decode and hidden arrays
        (hidden arrays of most models for the short case only, to keep the repository small).
        Mistral's window, which converters leave out and the reference computes with, is added to its
        file. The rest of GOLDEN_FOLDER is read in place by the extended tests
        (tests/golden/README.md).
        With --demo, the reference values of the demo model to tests/golden/demo.
"""

import argparse
import json
import pathlib
import shutil
import struct

import numpy

TESTS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"
MODELS = ["qwen3_moe", "olmoe", "qwen2_moe", "mixtral", "llama3", "llama2", "mistral", "qwen2", "qwen3",
          "gemma3_text"]
QUANTS = ["Q4_0", "Q8_0", "Q4_K", "Q6_K", "mix-Q4_K_M", "IQ2_XXS", "IQ1_M", "MXFP4", "NVFP4"]
DEMO = ["perplexity.json", "greedy.jsonl", "prose.txt", "chat.txt"]


def import_blocks(source, count):
    """Writes the blocks of one type; returns how many."""
    target = TESTS / "blocks"
    target.mkdir(parents=True, exist_ok=True)
    with numpy.load(source / "blocks.npz") as arrays:
        raw, values = arrays["raw"], arrays["values"]
    step = max(1, len(raw) // count)
    raw, values = raw[::step][:count], values[::step][:count]
    assert raw.dtype == numpy.uint8 and values.dtype == numpy.float32 and len(raw) == len(values)
    numpy.save(target / f"{source.name}.raw.npy", numpy.ascontiguousarray(raw))
    numpy.save(target / f"{source.name}.values.npy", numpy.ascontiguousarray(values))
    return len(raw)


def copy_files(source, target, patterns):
    """Copies what matches; returns the bytes. A pattern that matches nothing is an error."""
    target.mkdir(parents=True, exist_ok=True)
    total = 0
    for pattern in patterns:
        found = sorted(source.glob(pattern))
        assert found, f"{source / pattern}: nothing there"
        for path in found:
            shutil.copyfile(path, target / path.name)
            total += path.stat().st_size
    return total


def add_window(path, window):
    """Adds the window to the metadata of a GGUF file. A description beside it makes the addition a
    multiple of the alignment, 32, so that nothing else in the file changes."""
    def text(string):
        return struct.pack("<Q", len(string)) + string.encode()

    magic, version, tensors, keys = struct.unpack_from("<4sIQQ", path.read_bytes())
    rest = path.read_bytes()[24:]
    added = text("llama.attention.sliding_window") + struct.pack("<II", 4, window)
    added += text("general.description") + struct.pack("<I", 8) + text("with window")
    assert magic == b"GGUF" and version == 3 and len(added) % 32 == 0
    path.write_bytes(struct.pack("<4sIQQ", magic, version, tensors, keys + 2) + added + rest)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--blocks", type=int, default=16, help="blocks per type")
    parser.add_argument("--demo", type=pathlib.Path, help="folder with the demo model's values")
    options = parser.parse_args()
    for source in sorted(options.golden.glob("quants/*/blocks.npz")):
        print(source.parent.name, import_blocks(source.parent, options.blocks), "blocks")
    for name in MODELS:
        source, target = options.golden / "models" / name, TESTS / "models" / name
        hidden = "*.hidden.npy" if name == "qwen3_moe" else "short.hidden.npy"
        print(name, copy_files(source, target, ["model-bf16.gguf", "cases.json", "*.logits.npy",
                                                "*.decode.npy", hidden]), "bytes")
        if name == "mistral":
            config = json.loads((source / "hf" / "config.json").read_text())
            add_window(target / "model-bf16.gguf", config["sliding_window"])
    for name in QUANTS:
        print(name, copy_files(options.golden / "quants" / name, TESTS / "quants" / name,
                               ["model.gguf", "cases.json", "*.logits.npy"]), "bytes")
    if options.demo:
        print("demo", copy_files(options.demo, TESTS / "demo", DEMO), "bytes")


if __name__ == "__main__":
    main()
