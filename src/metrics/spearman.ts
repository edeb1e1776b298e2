import { CamError } from '../errors.js';

/**
 * Spearman's rank correlation, -1 to 1: Pearson's correlation of the ranks; tied values share their mean
 * rank. `undefined` where one side is constant: it has no ranks to compare.
 * @throws {CamError} `shape` for different lengths or none; `input` for values that are not finite.
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | undefined {
  if (a.length !== b.length || a.length === 0) {
    throw new CamError(
      'shape',
      `spearman: expected two vectors of the same length, at least 1, got ${a.length} and ${b.length}.`,
    );
  }
  const [u, v] = [centredRanks(a), centredRanks(b)];
  let [uv, uu, vv] = [0, 0, 0];
  for (let i = 0; i < u.length; i++) {
    uv += u[i] * v[i];
    uu += u[i] * u[i];
    vv += v[i] * v[i];
  }
  return uu === 0 || vv === 0 ? undefined : uv / Math.sqrt(uu * vv);
}

/**
 * Twice each rank, less twice the mean rank. These are whole numbers, so the sums above are exact up to
 * 200,000 values.
 */
function centredRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  for (let i = 0; i < n; i++)
    if (!Number.isFinite(values[i]))
      throw new CamError('input', `spearman: expected finite numbers, got ${values[i]} at ${i}.`);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && values[order[to]] === values[order[from]]) to++;
    // Ranks from+1..to: twice their mean is from+to+1.
    for (let i = from; i < to; i++) ranks[order[i]] = from + to - n;
    from = to;
  }
  return ranks;
}
