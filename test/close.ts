import { expect } from 'vitest';

/**
 * Every value within `bound` × the largest expected magnitude; a failure names how many differ and the worst
 * position. Maps are shown scaled by their largest value, so that is what errors are relative to.
 */
export function expectClose(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  shape: readonly number[],
  bound: number,
): void {
  expect(got.length, 'number of values').toBe(want.length);
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]));
  let count = 0;
  let worst = -1;
  let worstBy = -1;
  for (let i = 0; i < want.length; i++) {
    const by = Math.abs(got[i] - want[i]);
    if (by <= bound * largest) continue; // NaN falls through
    count++;
    if (!(by <= worstBy)) [worst, worstBy] = [i, by];
  }
  if (count > 0) {
    const at = position(worst, shape).join(', ');
    expect.fail(
      `${count} of ${want.length} differ by more than ${bound} × largest (${largest}); worst at [${at}]: got ${got[worst]}, want ${want[worst]}`,
    );
  }
}

function position(index: number, shape: readonly number[]): number[] {
  return shape.map(
    (size, axis) => Math.floor(index / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % size,
  );
}
