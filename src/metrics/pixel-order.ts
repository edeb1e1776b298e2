import { CamError } from '../errors.js';
import { expectPlane, type Plane } from './plane.js';
import { random } from './random.js';

export type Direction = 'most-first' | 'least-first';

/** Every pixel of an image once, in the order in which metrics remove or show them. */
export interface PixelOrder {
  /** Part of the keys of passes: different orders of one image need different names. */
  readonly name: string;
  /** `[H * W]`, each of 0..H·W-1 once. */
  readonly pixels: Uint32Array;
  readonly shape: Plane['shape'];
}

/**
 * Pixels by saliency, most or least salient first. Ties keep row order in both directions, so on an empty map
 * both orders are row order.
 *
 * @param name  Name of the map, e.g. the method's. Needed where several maps of one image share their passes.
 * @throws {CamError} `shape`, `input`.
 */
export function pixelOrder(
  saliency: Plane,
  direction: Direction = 'most-first',
  name = 'saliency',
): PixelOrder {
  expectPlane('pixelOrder: saliency', saliency);
  const { data } = saliency;
  const pixels = Uint32Array.from({ length: data.length }, (_, p) => p);
  if (direction === 'most-first') pixels.sort((a, b) => data[b] - data[a] || a - b);
  else pixels.sort((a, b) => data[a] - data[b] || a - b);
  return { name: `${name} ${direction}`, pixels, shape: saliency.shape };
}

/** Pixels in random order: a Fisher-Yates shuffle seeded with `seed`. */
export function randomOrder(shape: Plane['shape'], seed: number): PixelOrder {
  const [height, width] = shape;
  const pixels = Uint32Array.from({ length: height * width }, (_, p) => p);
  const draw = random(seed);
  for (let i = pixels.length - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    [pixels[i], pixels[j]] = [pixels[j], pixels[i]];
  }
  return { name: `random ${seed}`, pixels, shape };
}

/**
 * How many pixels are taken after 0, 1, 2 … steps: `0, s, 2s, …, pixels` with `s = ⌈pixels / steps⌉`. Where
 * `s` does not divide the number of pixels, the last step is shorter, and few pixels may need fewer than
 * `steps` steps. 100 steps are 1 % each.
 * @throws {CamError} `option` for fewer than one step.
 */
export function stepCounts(pixels: number, steps = 100): number[] {
  if (!Number.isInteger(steps) || steps < 1)
    throw new CamError('option', `steps: expected an integer of at least 1, got ${steps}.`);
  const size = Math.ceil(pixels / steps);
  const taken = Math.ceil(pixels / size);
  return Array.from({ length: taken + 1 }, (_, i) => Math.min(i * size, pixels));
}

/** Each pixel's rank in the order, from 0: `[H * W]`. */
export function ranksOf({ pixels }: PixelOrder): Uint32Array {
  const ranks = new Uint32Array(pixels.length);
  for (let rank = 0; rank < pixels.length; rank++) ranks[pixels[rank]] = rank;
  return ranks;
}
