import { CamError } from '../errors.js';
import type { InputTensor, Preprocessing } from '../types.js';
import { resize } from './resize.js';

/** Luma of 8-bit red, green and blue, 0..255. Integer arithmetic, so all backends agree. */
export const gray8 = (r: number, g: number, b: number): number => (77 * r + 150 * g + 29 * b + 128) >> 8;

/** The part of a `Preprocessing` that undoes normalisation. */
export type Normalisation = Pick<Preprocessing, 'mean' | 'std' | 'scale' | 'channels'>;

/** A tensor's shape as number of images, channels, height and width. Without a batch axis it is one image. */
export function tensorShape(tensor: InputTensor): [n: number, c: number, h: number, w: number] {
  const { data, shape } = tensor;
  const [n, c, h, w] = shape.length === 3 ? [1, ...shape] : shape;
  const size = shape.reduce((product, d) => product * d, 1);
  if (
    (shape.length !== 3 && shape.length !== 4) ||
    n === undefined ||
    c === undefined ||
    h === undefined ||
    w === undefined
  ) {
    throw new CamError(
      'shape',
      `tensor: expected [C, H, W] or [n, C, H, W] (C channels), got [${shape.join(', ')}].`,
    );
  }
  if (data.length !== size || size === 0) {
    throw new CamError(
      'shape',
      `tensor: expected ${size} values (shape [${shape.join(', ')}]), got ${data.length}. ${
        size === 0 ? 'A tensor needs at least one image and one pixel.' : 'Pass data and shape that fit.'
      }`,
    );
  }
  return [n, c, h, w];
}

/**
 * The 8-bit pixels that a normalised tensor came from: planes `[n, C, H, W]`, red first.
 *
 * With a normalisation: `round(255 · (v · std + mean))`, clamped to 0..255 (where `scale` is given, it
 * replaces 1/255). Without one: each image is first min-max scaled over all its channels; a flat image
 * becomes 0. Throws `CamError` `shape` for other shapes than `[C, H, W]` and `[n, C, H, W]`, or another
 * number of channels than the normalisation has.
 */
export function denormalise(tensor: InputTensor, normalisation?: Normalisation): Uint8Array {
  const [n, c, h, w] = tensorShape(tensor);
  const plane = h * w;
  const out = new Uint8Array(tensor.data.length);
  if (normalisation && normalisation.mean.length !== c) {
    throw new CamError(
      'shape',
      `tensor: expected ${normalisation.mean.length} channels (the preprocessing's mean and std), got ${c}.`,
    );
  }
  for (let image = 0; image < n; image++) {
    const base = image * c * plane;
    const values = tensor.data.subarray(base, base + c * plane);
    const [factor, shift] = normalisation ? [undefined, undefined] : minMax(values);
    for (let channel = 0; channel < c; channel++) {
      const unit = normalisation?.scale === undefined ? 255 : 1 / normalisation.scale;
      const a = factor ?? normalisation!.std[channel] * unit;
      const b = shift ?? normalisation!.mean[channel] * unit;
      const to = base + (normalisation?.channels === 'BGR' ? c - 1 - channel : channel) * plane;
      const from = channel * plane;
      for (let p = 0; p < plane; p++) {
        // With 0.5 added, truncation rounds positive values. It is several times faster than Math.round.
        const value = values[from + p] * a + b + 0.5;
        out[to + p] = value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
      }
    }
  }
  return out;
}

/** Factor and shift that take the values to 0..255. */
function minMax(values: Float32Array): [factor: number, shift: number] {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  return hi > lo ? [255 / (hi - lo), (-255 * lo) / (hi - lo)] : [0, 0];
}

/** The mean of `count` values, `step` apart, rounded half up. */
function meanOf(values: Uint8Array, first: number, step: number, count: number): number {
  let sum = 0;
  for (let c = 0; c < count; c++) sum += values[first + c * step];
  return Math.floor((2 * sum + count) / (2 * count));
}

/**
 * Grey values 0..255 of a tensor that is already normalised: `[H, W]`, or `[n, H, W]` for several images. One
 * channel is grey already, and three are red, green and blue. For other numbers of channels, grey is their
 * mean, rounded half up. Where the normalisation is unknown, see `denormalise`.
 */
export function grayOfTensor(tensor: InputTensor, normalisation?: Normalisation): Uint8Array {
  const [n, c, h, w] = tensorShape(tensor);
  const pixels = denormalise(tensor, normalisation);
  if (c === 1) return pixels;
  const plane = h * w;
  const gray = new Uint8Array(n * plane);
  for (let image = 0; image < n; image++) {
    const r = image * c * plane;
    for (let p = 0; p < plane; p++) {
      gray[image * plane + p] =
        c === 3
          ? gray8(pixels[r + p], pixels[r + plane + p], pixels[r + 2 * plane + p])
          : meanOf(pixels, r + p, plane, c);
    }
  }
  return gray;
}

/**
 * Grey values `[height, width]`, 0..255, resized as pictures are (antialiased bilinear).
 * Used to count histograms with fewer samples.
 */
export function resizeGray(
  gray: Uint8Array,
  [height, width]: readonly [number, number],
  [h, w]: readonly [number, number],
): Uint8Array {
  return resize({ data: gray, width, height, channels: 1 }, w, h, 'bilinear').data;
}
