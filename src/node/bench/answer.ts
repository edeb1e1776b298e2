/**
 * The difference between a result and its reference, in a sentence; `undefined` where every value is within
 * `bound` times the largest reference magnitude.
 * @param eitherSign  Accepts the negated result too.
 */
export function difference(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  bound: number,
  eitherSign = false,
): string | undefined {
  if (got.length !== want.length) return `expected ${want.length} values, got ${got.length}`;
  let [largest, product] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    largest = Math.max(largest, Math.abs(want[i]));
    product += got[i] * want[i];
  }
  const sign = eitherSign && product < 0 ? -1 : 1;
  let [count, worst, worstBy] = [0, -1, -1];
  for (let i = 0; i < want.length; i++) {
    const by = Math.abs(sign * got[i] - want[i]);
    if (by <= bound * largest) continue; // NaN is not skipped
    count++;
    if (!(by <= worstBy)) [worst, worstBy] = [i, by];
  }
  if (count === 0) return undefined;
  return (
    `${count} of ${want.length} values differ by more than ${bound} × the largest (${largest.toPrecision(4)}); ` +
    `worst at ${worst}: got ${got[worst]}, want ${want[worst]}`
  );
}
