/** The grey picture that the network sees, from its input. */

import { CamError } from '../../errors.js';
import type { Preprocessing } from '../../types.js';
import type { Builder, Value } from '../gradients/builder.js';
import { MAX_CHANNELS } from '../limits.js';
import { asOneChannel, largest, smallest } from './extremes.js';

/** How a picture's 8-bit values became the input. */
export type Normalising = Pick<Preprocessing, 'mean' | 'std' | 'scale' | 'channels'>;

/**
 * `gray8 = (77 R + 150 G + 29 B + 128) >> 8`, whole numbers 0..255 in float32, `[n, 1, H, W]`. One channel is
 * its own grey.
 *
 * @param picture What the model is fed: 8-bit values as they are; floating point is de-normalised, or where
 *   `how` is missing min-max scaled to 0..255, each image on its own over all its channels. Of any other
 *   number of channels it is their mean, rounded half up.
 * @throws {CamError} `option` for a mean or std of another number of channels, and for more channels than
 *   pictures have.
 */
export function grayOf(b: Builder, picture: Value, how: Normalising | undefined): Value {
  const pixels = picture.dtype === 'uint8' ? b.cast(picture, 'float32') : pixelsOf(b, picture, how);
  const channels = channelsOf(picture);
  if (channels === 1) return pixels;
  if (channels > MAX_CHANNELS)
    throw new CamError(
      'option',
      `grey of a picture: expected at most ${MAX_CHANNELS} channels, got ${channels}.`,
    );
  if (channels !== 3) {
    const twos = Array.from({ length: channels }, () => 2);
    const doubled = b.op('Conv', [pixels, b.floats(twos, [1, channels, 1, 1]), b.floats([channels])]);
    return b.op('Floor', [b.div(doubled, b.scalar(2 * channels))]);
  }
  const luma = how?.channels === 'BGR' ? [29, 150, 77] : [77, 150, 29];
  const sum = b.op('Conv', [pixels, b.floats(luma, [1, 3, 1, 1]), b.floats([128])]);
  return b.op('Floor', [b.scale(sum, 1 / 256)]);
}

/** 3 where the model leaves it open. */
export function channelsOf({ shape }: Pick<Value, 'shape'>): number {
  const channels = shape?.[1];
  return typeof channels === 'number' ? channels : 3;
}

function pixelsOf(b: Builder, picture: Value, how: Normalising | undefined): Value {
  const channels = channelsOf(picture);
  // What is known of colours says nothing of other channels.
  if (!how || (channels !== 1 && channels !== 3)) {
    const all = asOneChannel(b, picture);
    const lo = smallest(b, all);
    const range = b.sub(largest(b, all), lo);
    const factor = b.where(b.op('Greater', [range, b.scalar(0)]), b.div(b.scalar(255), range));
    return rounded(b, b.mul(b.sub(picture, lo), factor));
  }
  expectPerChannel(how, channels);
  const unit = how.scale === undefined ? 255 : 1 / how.scale;
  const each = (values: readonly number[]) =>
    b.floats(
      values.map((value) => value * unit),
      [channels, 1, 1],
    );
  return rounded(b, b.add(b.mul(picture, each(how.std)), each(how.mean)));
}

/** @throws {CamError} `option` */
export function expectPerChannel({ mean, std }: Normalising, channels: number): void {
  if (mean.length === channels && std.length === channels) return;
  throw new CamError(
    'option',
    `preprocessing: expected ${channels} values of mean and std (the channels of the model's input), got ${mean.length} and ${std.length}.`,
  );
}

/** To the nearest whole number, halves up, within 0..255. */
function rounded(b: Builder, x: Value): Value {
  const whole = b.op('Floor', [b.add(x, b.scalar(0.5))]);
  return b.op('Min', [b.op('Max', [whole, b.scalar(0)]), b.scalar(255)]);
}
