#!/bin/sh
# skeleton.sh FROM TO: copies what decides on the dependencies, with empty sources of ours.
set -eu
from=$1
to=$2
cd "$from"
find . -name target -prune -o -name .git -prune -o \
    \( -name Cargo.toml -o -name Cargo.lock -o -name rust-toolchain.toml -o -path './.cargo/*' \) -type f -print |
while read -r file; do
    mkdir -p "$to/$(dirname "$file")"
    cp "$file" "$to/$file"
done
# What cargo takes for the root of a library, a program, a test, an example or a benchmark.
find . -name target -prune -o -name .git -prune -o -type f \
    \( -path '*/src/lib.rs' -o -path '*/src/main.rs' -o -path '*/tests/*.rs' -o -path '*/examples/*.rs' \
    -o -path '*/benches/*.rs' -o -path '*/src/bin/*.rs' -o -name build.rs \) -print |
while read -r file; do
    mkdir -p "$to/$(dirname "$file")"
    case $file in
    */src/lib.rs) : >"$to/$file" ;;
    *) echo 'fn main() {}' >"$to/$file" ;;
    esac
done
