import type { Backend, TensorOf } from '../backends/backend.js';
import { type Bins, expectBins } from './mutual-information.js';

export interface EntropyTable {
  readonly table: TensorOf<readonly [number], 'uint32'>;
  /** What 1 in the table is worth, nats of mutual information. */
  readonly unit: number;
}

/**
 * `table[n] = round(n·ln n · 2^f)` for counts n = 0 to `samples`, modulo 2^32, with the largest f at which
 * `samples · ln bins`, the most that mutual information can be, stays below 2^31: sums may wrap, their result does not.
 * `unit = 1 / (samples · 2^f)`. Made once per backend and kept.
 * @throws {CamError} `option` for other than 32, 64, 128 or 256 bins.
 */
export function entropyTable(backend: Backend, samples: number, bins: Bins): EntropyTable {
  expectBins('mutualInformation', bins);
  const scale = fixedPointScale(samples, bins);
  const table = backend.constant(`entropy-table ${samples} ${scale}`, () =>
    backend.upload(entropyIntegers(samples, scale), [samples + 1], 'uint32'),
  );
  return { table, unit: 1 / (samples * scale) };
}

/** 2^f. */
export const fixedPointScale = (samples: number, bins: Bins): number =>
  2 ** Math.floor(Math.log2(2 ** 31 / (samples * Math.log(bins))));

export function entropyIntegers(samples: number, scale: number): Uint32Array {
  const table = new Uint32Array(samples + 1);
  for (let n = 2; n <= samples; n++) table[n] = Math.round(n * Math.log(n) * scale); // stored modulo 2^32
  return table;
}
