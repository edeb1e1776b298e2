/** Preprocessing as people choose it: what the pixels' values become. */

import { defaultPreprocessing } from '../../src/image/index.js';
import type { Preprocessing } from '../../src/index.js';

type Values = Pick<Preprocessing, 'mean' | 'std' | 'scale'>;

const all = (value: number, channels: number): number[] => new Array<number>(channels).fill(value);

/** Per preset, the values for 1 or 3 channels. */
const makers: Readonly<Record<string, (channels: number) => Values>> = {
  ImageNet: (channels) => {
    const { mean, std, scale } = defaultPreprocessing([1, 1], channels);
    return { mean, std, scale };
  },
  '−1 to 1': (channels) => ({ mean: all(0.5, channels), std: all(0.5, channels), scale: 1 / 255 }),
  '0 to 1': (channels) => ({ mean: all(0, channels), std: all(1, channels), scale: 1 / 255 }),
  '0 to 255': (channels) => ({ mean: all(0, channels), std: all(1, channels), scale: 1 }),
};

export const presets: readonly string[] = Object.keys(makers);

const countOf = (channels: Preprocessing['channels']): number => (channels === 'GRAY' ? 1 : 3);

/** The values in the order of the channels. */
function valuesOf(preset: string, channels: Preprocessing['channels']): Values | undefined {
  const values = makers[preset]?.(countOf(channels));
  if (channels !== 'BGR' || !values) return values;
  return { ...values, mean: [...values.mean].reverse(), std: [...values.std].reverse() };
}

/** The preprocessing with the values of a preset; size, crop and order of the channels stay. */
export const withPreset = (preprocessing: Preprocessing, preset: string): Preprocessing => ({
  ...preprocessing,
  ...valuesOf(preset, preprocessing.channels),
});

/** The preset that these values are of; undefined: they are their own. */
export function presetOf({ mean, std, scale = 1 / 255, channels }: Preprocessing): string | undefined {
  return presets.find((preset) => {
    const values = valuesOf(preset, channels);
    const same = (a: readonly number[], b: readonly number[]) =>
      a.every((value, c) => Math.abs(value - b[c]) < 1e-9);
    return (
      values &&
      same(values.mean, mean) &&
      same(values.std, std) &&
      Math.abs((values.scale ?? 1 / 255) - scale) < 1e-9
    );
  });
}

/** Another order of the channels: mean and standard deviation stay with their colours. */
export function withChannels(
  preprocessing: Preprocessing,
  channels: Preprocessing['channels'],
): Preprocessing {
  const { mean, std, channels: before } = preprocessing;
  const moved = (values: readonly number[]): readonly number[] => {
    if (channels === before) return values;
    if (channels === 'GRAY') return [values.reduce((sum, value) => sum + value, 0) / values.length];
    return before === 'GRAY' ? all(values[0], 3) : [...values].reverse();
  };
  return { ...preprocessing, channels, mean: moved(mean), std: moved(std) };
}
