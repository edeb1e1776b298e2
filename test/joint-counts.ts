import { marginals } from '../src/reference/mutual-information.js';
import { axis, sampleRow } from '../src/reference/quantize-layer.js';

/** Joint counts by plain float64: interpolate, then bin as `np.histogram2d` does with the samples' range. */
export function floatCounts(
  a: ArrayLike<number>,
  [h, w]: readonly [number, number],
  gray: ArrayLike<number>,
  [H, W]: readonly [number, number],
  bins: number,
): Uint32Array {
  const [ys, xs] = [axis(h, H), axis(w, W)];
  const u = new Float64Array(H * W);
  for (let y = 0; y < H; y++) sampleRow(a, 0, w, ys, y, xs, u.subarray(y * W, (y + 1) * W));
  u.forEach((sum, p) => {
    u[p] = sum / (ys.D * xs.D);
  });
  const lo = u.reduce((least, value) => Math.min(least, value));
  const hi = u.reduce((most, value) => Math.max(most, value));
  const joint = new Uint32Array(bins * bins);
  u.forEach((value, p) => {
    const bin = hi > lo ? Math.min(Math.floor(((value - lo) * bins) / (hi - lo)), bins - 1) : 0;
    joint[Math.floor((gray[p] * bins) / 256) * bins + bin]++;
  });
  return joint;
}

/**
 * `T = J - M - G + T_N` from a table, modulo 2^32; at most 2^16 below 0, which rounding can leave, is 0. With
 * another table than n·ln n: a hash of the counts.
 */
export function tableSum(joint: Uint32Array, bins: number, table: ArrayLike<number>): number {
  const sum = (counts: Uint32Array) => counts.reduce((total, n) => total + BigInt(table[n]), 0n);
  const { gray, map } = marginals(joint, bins);
  const last = BigInt(table[joint.reduce((a, b) => a + b)]);
  const total = Number(BigInt.asUintN(32, sum(joint) - sum(map) - sum(gray) + last));
  return total >= 2 ** 32 - 2 ** 16 ? 0 : total;
}
