import type { Backend, TensorOf } from '../../backends/backend.js';
import { type Bins, expectBins } from '../bins.js';

export interface EntropyTable {
  readonly table: TensorOf<readonly [number], 'uint32'>;
  /** What 1 in the table is worth, nats of mutual information. */
  readonly unit: number;
}

/**
 * `table[n] = round(n·ln n · 2^f)` for counts n = 0 to `samples`, modulo 2^32, with the largest f (not a
 * whole number) at which `samples · ln bins`, the most that mutual information can be, still fits the range
 * left to results: sums may wrap, their result does not. `unit = 1 / (samples · 2^f)`. Made once per backend
 * and kept.
 * @throws {CamError} `option` for other than 32, 64, 128 or 256 bins.
 */
export function entropyTable(backend: Backend, samples: number, bins: Bins): EntropyTable {
  expectBins('mutualInformation', bins);
  const table = backend.constant(`entropy-table ${samples} ${bins}`, () =>
    backend.upload(entropyIntegers(samples, bins), [samples + 1], 'uint32'),
  );
  return { table, unit: Math.log(bins) / RESULTS };
}

// Rounding of at most 256² + 2 · 256 entries by half can make a result of 0 as low as -2^16, or the largest
// larger by it.
const RESULTS = 2 ** 32 - 2 ** 17;

export function entropyIntegers(samples: number, bins: Bins): Uint32Array {
  const scale = RESULTS / (samples * Math.log(bins));
  const table = new Uint32Array(samples + 1);
  for (let n = 2; n <= samples; n++) table[n] = Math.round(n * Math.log(n) * scale); // stored modulo 2^32
  return table;
}
