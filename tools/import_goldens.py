"""Copies reference values from a folder of golden models into tests/golden, in the form tests read.

    python tools/import_goldens.py GOLDEN_FOLDER [--blocks 16]          (needs numpy)

Reads   GOLDEN_FOLDER/quants/<TYPE>/blocks.npz: `raw` uint8 [n, block bytes], blocks of real
        quantised tensors, and `values` float32 [n, block elements], the same decoded by the Python
        package gguf.
Writes  tests/golden/blocks/<TYPE>.raw.npy and <TYPE>.values.npy: evenly spaced rows of both, as
        plain .npy, which tests/support/npy.hpp reads.
"""

import argparse
import pathlib

import numpy

TARGET = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "blocks"


def import_blocks(source, count):
    """Writes the blocks of one type; returns how many."""
    with numpy.load(source / "blocks.npz") as arrays:
        raw, values = arrays["raw"], arrays["values"]
    step = max(1, len(raw) // count)
    raw, values = raw[::step][:count], values[::step][:count]
    assert raw.dtype == numpy.uint8 and values.dtype == numpy.float32 and len(raw) == len(values)
    numpy.save(TARGET / f"{source.name}.raw.npy", numpy.ascontiguousarray(raw))
    numpy.save(TARGET / f"{source.name}.values.npy", numpy.ascontiguousarray(values))
    return len(raw)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--blocks", type=int, default=16, help="blocks per type")
    options = parser.parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    for source in sorted(options.golden.glob("quants/*/blocks.npz")):
        print(source.parent.name, import_blocks(source.parent, options.blocks))


if __name__ == "__main__":
    main()
