#!/bin/sh
# Runs the tests: all, or the files that are given. Ends with node's own summary and exit status.
cd "$(dirname "$0")/.." || exit 1

# tsx would run compiled code out of $TMPDIR/tsx-UID, and that folder anyone may have made.
export TSX_DISABLE_CACHE=1

# Tests train on native TensorFlow and talk to a Temporal server where there is one. What is there already is used as it is.
node cli/bin.js setup || echo 'note: not every part is there; tests that need a missing one say so' >&2

[ $# -gt 0 ] || set -- test/*.test.ts

# Two at a time: some train, some start servers. An older node 20 has no such flag, and runs one less than it has cores.
two=--test-concurrency=2
node "$two" -e 0 2>/dev/null || two=

exec node --import tsx --test ${two:+"$two"} "$@"
