#!/bin/sh
# Runs every fuzz target for a while: fuzz.sh TIME [PART OF A TARGET'S NAME]
set -eu
time=${1:-1min}
only=${2:-}

# The tests below a directory that call bolero, by their module.
targets() {
    (cd "$1" && grep -rl --include='*.rs' 'check!()' .) | sort | while read -r file; do
        module=$(echo "$file" | sed 's|^\./||; s|/mod\.rs$||; s|\.rs$||; s|/|::|g')
        awk -v module="$module$2" '
            match($0, /fn [a-z_]+\(\)/) { name = substr($0, RSTART + 3, RLENGTH - 5) }
            /check!\(\)/ { print module "::" name }
        ' "$1/$file"
    done
}

run() {
    targets "$2" "$3" | grep -F -- "$only" | while read -r target; do
        echo "fuzzing $target of $1 for $time"
        # Without sanitizers, which only nightly compilers have: no code here is unsafe.
        cargo bolero test --package "$1" "$target" --sanitizer NONE -T "$time" </dev/null
    done
}

run fuzz fuzz/tests/decoders ""
run query-api services/query-api/src ::tests
run scraper services/scraper/src ::tests
