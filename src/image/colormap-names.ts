export const colorMapNames = [
  'turbo',
  'jet',
  'viridis',
  'inferno',
  'magma',
  'plasma',
  'cividis',
  'grey',
  'diverging',
] as const;

/**
 * `turbo` and `jet` are rainbows; the lightness of `turbo` is smooth. `viridis`, `inferno`, `magma`, `plasma`
 * and `cividis` grow lighter with the value; `cividis` looks the same to readers with red-green blindness.
 * `diverging` is for signed maps, white at 0.
 */
export type ColorMapName = (typeof colorMapNames)[number];
