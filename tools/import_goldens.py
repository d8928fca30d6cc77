"""Copies reference values from a folder of golden models into tests/golden, in the form tests read.

    python tools/import_goldens.py GOLDEN_FOLDER [--blocks 16] [--demo DEMO_FOLDER]  (needs numpy)

Reads   GOLDEN_FOLDER/quants/<TYPE>/blocks.npz: `raw` uint8 [n, block bytes], blocks of real
        quantised tensors, and `values` float32 [n, block elements], the same decoded by the Python
        package gguf.
Writes  tests/golden/blocks/<TYPE>.raw.npy and <TYPE>.values.npy: evenly spaced rows of both, as
        plain .npy, which tests/support/npy.hpp reads.

Copies  the files of MODELS and QUANTS that tests read, as they are, to tests/golden/models and
        tests/golden/quants: the model, cases.json, and each case's logits, decode and hidden arrays.
        The rest of GOLDEN_FOLDER is read in place by the extended tests (tests/golden/README.md).
        With --demo, the reference values of the demo model to tests/golden/demo.
"""

import argparse
import pathlib
import shutil

import numpy

TESTS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"
MODELS = ["qwen3_moe"]
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--blocks", type=int, default=16, help="blocks per type")
    parser.add_argument("--demo", type=pathlib.Path, help="folder with the demo model's values")
    options = parser.parse_args()
    for source in sorted(options.golden.glob("quants/*/blocks.npz")):
        print(source.parent.name, import_blocks(source.parent, options.blocks), "blocks")
    for name in MODELS:
        arrays = [f"*.{kind}.npy" for kind in ("logits", "decode", "hidden")]
        print(name, copy_files(options.golden / "models" / name, TESTS / "models" / name,
                               ["model-bf16.gguf", "cases.json", *arrays]), "bytes")
    for name in QUANTS:
        print(name, copy_files(options.golden / "quants" / name, TESTS / "quants" / name,
                               ["model.gguf", "cases.json", "*.logits.npy"]), "bytes")
    if options.demo:
        print("demo", copy_files(options.demo, TESTS / "demo", DEMO), "bytes")


if __name__ == "__main__":
    main()
