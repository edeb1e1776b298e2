import { CamError } from '../errors.js';

/** Grey levels and map levels that mutual information is counted in. */
export type Bins = 32 | 64 | 128 | 256;

export function expectBins(where: string, bins: number): void {
  if (![32, 64, 128, 256].includes(bins)) {
    throw new CamError('option', `${where}: bins: expected 32, 64, 128 or 256, got ${bins}.`);
  }
}
