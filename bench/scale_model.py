"""Makes a file in the expert geometry of Qwen3.5-397B-A17B that Sluice can run today: 60 layers of 512
experts, 10 used, of width 1024, hidden 4096, in the architecture qwen3moe, whose attention is full in
every layer. With the trunk in Q6_K, 5.7 GB of trunk and 217 GB of experts.

    python bench/scale_model.py RECIPES COMMAND DIR [options of RECIPES/make_shared_extent_model.py]

RECIPES is the folder of the recipes for synthetic models (shared/tools/synthetic), COMMAND is make,
check, mount or unmount. The weights are synthetic: noise, with routers that choose as unevenly as
real ones. The file lies at DIR/mnt/model.gguf, on an XFS image of 24 GB in which experts share disk
blocks; every read still goes to the disk. Needs root, xfsprogs, and the Python packages numpy and
gguf.
"""

import sys

NAME = "qwen3moe-397b-a17b"


def main():
    recipes, command, folder = sys.argv[1:4]
    sys.path.insert(0, recipes)
    sys.dont_write_bytecode = True
    import make_gguf
    make_gguf.SHAPES[NAME] = make_gguf.Shape("qwen3moe", 60, 4096, 512, 10, 1024, 64, 4, 128, 248320)
    import make_shared_extent_model
    sys.argv = [sys.argv[0], command, folder, *([NAME] if command in ("make", "check") else []), *sys.argv[4:]]
    make_shared_extent_model.main()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()
