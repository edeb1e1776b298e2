import { CamError } from '../errors.js';
import type { InputTensor, Preprocessing } from '../types.js';
import { blur } from './blur.js';
import { expectImage } from './plane.js';

/**
 * What replaces removed pixels: an image of the same shape. The name is unique among the baselines of one
 * image.
 */
export interface Baseline {
  readonly name: string;
  readonly image: InputTensor;
}

/** 0 in the normalised tensor: the mean colour. */
export function zeroBaseline(image: InputTensor): Baseline {
  expectImage('zeroBaseline', image);
  return { name: 'zero', image: { data: new Float32Array(image.data.length), shape: image.shape } };
}

/** The image itself, blurred; see `blur`. */
export function blurBaseline(image: InputTensor, sigma = 15, taps = 31): Baseline {
  return { name: `blur ${sigma}/${taps}`, image: blur(image, sigma, taps) };
}

/**
 * One grey for the whole image: `level` of the scaled pixel (0 black, 0.5 mid grey, 1 white), normalised per
 * channel as `(level - mean) / std`.
 * @throws {CamError} `shape` when mean and std are not one per channel.
 */
export function greyBaseline(
  image: InputTensor,
  { mean, std }: Pick<Preprocessing, 'mean' | 'std'>,
  level = 0.5,
): Baseline {
  const [channels, h, w] = expectImage('greyBaseline', image);
  if (mean.length !== channels || std.length !== channels) {
    throw new CamError(
      'shape',
      `greyBaseline: expected ${channels} values of mean and std (one per channel), got ${mean.length} and ${std.length}.`,
    );
  }
  const data = new Float32Array(image.data.length);
  for (let c = 0; c < channels; c++) data.fill((level - mean[c]) / std[c], c * h * w, (c + 1) * h * w);
  return { name: `grey ${level}`, image: { data, shape: image.shape } };
}

/** Checks that the baseline has the image's shape. */
export function expectBaseline(where: string, image: InputTensor, baseline: Baseline): void {
  const [of, is] = [image.shape.join(', '), baseline.image.shape.join(', ')];
  if (of !== is || image.data.length !== baseline.image.data.length)
    throw new CamError('shape', `${where}: baseline: expected [${of}] (as the image), got [${is}].`);
}
