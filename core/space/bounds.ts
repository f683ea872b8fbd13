/** What is wrong with two bounds of which the first must be the smaller. */
export function boundsProblem([low, high]: readonly [number, number]): string | undefined {
  if (low >= high) return `[${low}, ${high}] is empty; allowed: the lower bound first, then a higher one`;
  return Number.isFinite(high - low) ? undefined : `[${low}, ${high}] is too wide for a number`;
}
