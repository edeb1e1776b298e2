import { CamError } from '../errors.js';

/**
 * Refuses NaN and infinities: WGSL may assume that they never occur while WebAssembly carries them along.
 * @throws {CamError} `input`: how many, and the first one's position and value.
 */
export function expectFinite(where: string, values: Float32Array, shape: readonly number[]): void {
  // 0 · x is 0 for every finite x: one pass without branches finds whether there is anything to look for.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i];
  if (sum === 0) return;
  const first = values.findIndex((value) => !Number.isFinite(value));
  const count = values.reduce((n, value) => (Number.isFinite(value) ? n : n + 1), 0);
  let rest = first;
  const at = [...shape].reverse().map((size) => {
    const index = rest % size;
    rest = Math.floor(rest / size);
    return index;
  });
  throw new CamError(
    'input',
    `${where}: ${count} of ${values.length} values are not finite, first at [${at.reverse().join(', ')}] (${values[first]}).`,
  );
}
