#!/bin/sh
# A sweep of anything that runs: it is told in variables and a file, and says what it has come to in lines of JSON.
# Newton's method for the square root of `number`, each step damped by `damping`; after each step, how far x² is from it.
number=$(sed -n 's/.*"number": \([0-9.]*\).*/\1/p' "$SWEEP_PARAMETERS")
damping=$(sed -n 's/.*"damping": \([0-9.]*\).*/\1/p' "$SWEEP_PARAMETERS")

step=$SWEEP_STEP
x=1
[ "$step" -gt 0 ] && x=$(cat "$SWEEP_CHECKPOINT/$step/x")
trap 'exit 0' TERM # after each step it has saved what it needs to go on

while [ "$step" -lt "$SWEEP_TO_STEP" ]; do
  step=$((step + 1))
  x=$(awk -v x="$x" -v n="$number" -v d="$damping" 'BEGIN { printf "%.15g", x - d * (x * x - n) / (2 * x) }')
  awk -v x="$x" -v n="$number" -v s="$step" \
    'BEGIN { e = x * x - n; printf "{\"step\": %d, \"error\": %.15g}\n", s, e < 0 ? -e : e }' >> "$SWEEP_METRICS"
  mkdir "$SWEEP_CHECKPOINT/$step"
  echo "$x" > "$SWEEP_CHECKPOINT/$step/x"
  echo "{\"checkpoint\": $step}" >> "$SWEEP_METRICS"
done
