import { axis, int32, sumAt } from './quantize-layer.js';

/** Joint counts `[bins grey][bins map]` of one channel, by the integer steps of the definition. */
export function integerCounts(
  q: ArrayLike<number>,
  [h, w]: readonly [number, number],
  gray: ArrayLike<number>,
  [H, W]: readonly [number, number],
  bins: number,
): Uint32Array {
  const [ys, xs] = [axis(h, H), axis(w, W)];
  const s = Math.floor(Math.log2(xs[0].D));
  const joint = new Uint32Array(bins * bins);
  ys.forEach(({ i0, i1, t, D }, y) => {
    const r = Array.from({ length: w }, (_, x) =>
      Math.floor(int32(q[i0 * w + x] * (D - t) + q[i1 * w + x] * t + 2 ** s - 1) / 2 ** s),
    );
    xs.forEach((column, x) => {
      const v = int32(r[column.i0] * (column.D - column.t) + r[column.i1] * column.t);
      const bin = Math.min(Math.floor((v * bins) / 2 ** 30), bins - 1);
      joint[grayBin(gray[y * W + x], bins) * bins + bin]++;
    });
  });
  return joint;
}

/** The same by plain float64: interpolate, then bin as `np.histogram2d` does with the samples' range. */
export function floatCounts(
  a: ArrayLike<number>,
  [h, w]: readonly [number, number],
  gray: ArrayLike<number>,
  [H, W]: readonly [number, number],
  bins: number,
): Uint32Array {
  const [ys, xs] = [axis(h, H), axis(w, W)];
  const u = ys.flatMap((y) => xs.map((x) => sumAt(a, w, y, x) / (y.D * x.D)));
  const lo = u.reduce((least, value) => Math.min(least, value));
  const hi = u.reduce((most, value) => Math.max(most, value));
  const joint = new Uint32Array(bins * bins);
  u.forEach((value, p) => {
    const bin = hi > lo ? Math.min(Math.floor(((value - lo) * bins) / (hi - lo)), bins - 1) : 0;
    joint[grayBin(gray[p], bins) * bins + bin]++;
  });
  return joint;
}

const grayBin = (gray: number, bins: number): number => gray >> (8 - Math.log2(bins));

/** Counts over the map's bins, grey bin by grey bin, and over the grey bins. */
function marginals(joint: ArrayLike<number>, bins: number): { gray: Uint32Array; map: Uint32Array } {
  const gray = new Uint32Array(bins);
  const map = new Uint32Array(bins);
  for (let cell = 0; cell < bins * bins; cell++) {
    gray[Math.floor(cell / bins)] += joint[cell];
    map[cell % bins] += joint[cell];
  }
  return { gray, map };
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

/** `H(gray) + H(map) - H(joint)`, nats, by logarithms in float64. */
export function information(joint: Uint32Array, bins: number): number {
  const { gray, map } = marginals(joint, bins);
  return entropy(gray) + entropy(map) - entropy(joint);
}

export function entropy(counts: Uint32Array): number {
  const total = counts.reduce((a, b) => a + b);
  return -counts.reduce((sum, n) => sum + (n > 0 ? (n / total) * Math.log(n / total) : 0), 0);
}
