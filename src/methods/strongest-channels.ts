import { CamError } from '../errors.js';
import type { OptionKinds } from '../names.js';
import type { Probe, ProbedImage } from './probing.js';

export interface ChannelOptions {
  /**
   * Only the channels of largest variance over the positions, as many as this; the others get weight 0.
   * Faster Score-CAM (github.com/tabayashi0117/Score-CAM). Results say how many: `SaliencyMap.channels`.
   * @default all
   */
  readonly channels?: number;
}

export const channelOptions: OptionKinds<ChannelOptions> = { channels: 'number' };

/** @throws {CamError} `option` for a count that is no whole number of at least 1. */
export function expectCount(where: string, count: number | undefined): void {
  if (count !== undefined && !(Number.isInteger(count) && count >= 1))
    throw new CamError('option', `${where}: expected a whole number of at least 1, got ${count}.`);
}

/**
 * Those of `candidates` that vary most over the positions of one image, at most `count`, in channel order.
 * @param values  The layer, `[n, k, h, w]`, on the host.
 */
export function mostVarying(
  { activations }: Pick<Probe, 'activations'>,
  { at }: ProbedImage,
  candidates: ArrayLike<number>,
  count: number,
  values: Float32Array,
): Uint32Array {
  const all = Uint32Array.from(candidates);
  if (all.length <= count) return all;
  const [, channels, h, w] = activations.shape;
  const variances = new Map(
    Array.from(all, (k) => {
      const from = (at * channels + k) * h * w;
      return [k, variance(values.subarray(from, from + h * w))] as const;
    }),
  );
  const of = (k: number): number => variances.get(k) ?? 0;
  return all
    .toSorted((a, b) => of(b) - of(a) || a - b)
    .slice(0, count)
    .toSorted();
}

/** In float64. */
function variance(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
