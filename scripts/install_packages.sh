#!/bin/sh
# Installs the Debian packages of packages.txt, and any named as arguments, that are missing.
set -eu
cd "$(dirname "$0")/.."

if ! command -v dpkg-query > /dev/null; then
  echo "This is not a Debian system: please install the equivalents of packages.txt yourself." >&2
  exit 0
fi
missing=""
for package in $(sed 's/#.*//' packages.txt) "$@"; do
  dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q "ok installed" ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing:$missing"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "error: not root and no sudo; please run: apt-get install$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $missing > "$log" 2>&1
}
# The package lists may be missing or old: fetch them if the first try fails.
install || { $as_root apt-get update > "$log" 2>&1 && install; } || {
  cat "$log" >&2
  echo "error: could not install:$missing" >&2
  exit 1
}
