#!/bin/sh
# Pin every dependency, with the hashes of its files, for all platforms and Python 3.11 and later (make lock):
#   runtime.txt  what the service runs with; the image is made from it
#   build.txt    what builds its wheel
#   dev.txt      both, and what tests and checks it
#   kubernetes.txt, audit.txt, console.txt  tools that are large or seldom used, each in an environment of its own
# What console.txt has beside it of npm, axe-core, is pinned in package-lock.json.
# Versions that are pinned already stay unless pyproject.toml rules them out. Options go on to uv:
#   requirements/lock.sh --upgrade                    the newest of everything
#   requirements/lock.sh --upgrade-package requests   the newest of one
set -eu
cd "$(dirname "$0")/.."

pin() { # <file to write> <uv options and sources>...
    file=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" --output-file "$file" "$@"
}

pin requirements/runtime.txt "$@" pyproject.toml
pin requirements/build.txt "$@" requirements/build.in
pin requirements/dev.txt "$@" --constraint requirements/runtime.txt --constraint requirements/build.txt \
    --all-extras pyproject.toml requirements/build.in
for tool in kubernetes audit console; do
    pin "requirements/$tool.txt" "$@" "requirements/$tool.in"
done
