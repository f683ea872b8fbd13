#!/bin/sh
# Runs the tests: all, or the files that are given. Ends with node's own summary and exit status.
cd "$(dirname "$0")/.." || exit 1

# tsx would run compiled code out of $TMPDIR/tsx-UID, and that folder anyone may have made.
export TSX_DISABLE_CACHE=1

exec node --import tsx test/run.ts "$@"
