import { CamError } from '../errors.js';
import type { InputTensor, Preprocessing } from '../types.js';
import { type Baseline, greyBaseline, zeroBaseline } from './baseline.js';
import { expectImage, expectPlane, expectSameSize, type Plane } from './plane.js';

export interface MaskOptions {
  /**
   * `threshold`: pixels whose saliency is below `threshold` become 0, the others stay (MI-CAM).
   * `multiply`: image × saliency (Grad-CAM++).
   * @default 'threshold'
   */
  readonly mode?: 'threshold' | 'multiply';
  /** @default 0.5 */
  readonly threshold?: number;
  /**
   * What 0 means: 0 in the normalised tensor (the mean colour), or 0 in the picture's pixels (black), which
   * needs `mean` and `std`.
   * @default 'tensor'
   */
  readonly space?: 'tensor' | { readonly pixels: Pick<Preprocessing, 'mean' | 'std'> };
}

/** What a fully masked image is: the mean colour in tensor space, black in pixel space. */
export function maskBaseline(image: InputTensor, space: MaskOptions['space'] = 'tensor'): Baseline {
  return space === 'tensor' ? zeroBaseline(image) : greyBaseline(image, space.pixels, 0);
}

/**
 * The part of an image that a map calls important: `zero + m · (image - zero)`. With `multiply`, m is the
 * saliency. With `threshold`, m is 1 where the saliency reaches the threshold, else 0.
 *
 * image `[C, H, W]`, normalised; saliency `[H, W]`, 0..1 → `[C, H, W]`. An empty map masks everything.
 * MI-CAM (arXiv:2507.09092) §4.3; Grad-CAM++ (arXiv:1710.11063).
 * @throws {CamError} `shape`; `input` for saliency outside 0..1; `option`.
 */
export function maskImage(image: InputTensor, saliency: Plane, options: MaskOptions = {}): InputTensor {
  const { mode = 'threshold', threshold = 0.5, space } = options;
  const [channels, h, w] = expectImage('maskImage', image);
  expectPlane('maskImage: saliency', saliency);
  expectSameSize('maskImage: saliency', saliency.shape, [h, w], 'one value per pixel of the image');
  if (!(threshold >= 0 && threshold <= 1))
    throw new CamError('option', `maskImage: threshold: expected 0 to 1, got ${threshold}.`);
  const zero = maskBaseline(image, space).image.data;
  const data = new Float32Array(image.data.length);
  for (let p = 0; p < h * w; p++) {
    const s = saliency.data[p];
    if (!(s >= 0 && s <= 1)) {
      throw new CamError(
        'input',
        `maskImage: saliency: expected values in 0..1, got ${s}. Scale the map by its minimum and maximum.`,
      );
    }
    const m = mode === 'multiply' ? s : s >= threshold ? 1 : 0;
    for (let c = 0, at = p; c < channels; c++, at += h * w)
      // m = 1 keeps the image's exact bits; zero + (image - zero) might not.
      data[at] = m === 1 ? image.data[at] : zero[at] + m * (image.data[at] - zero[at]);
  }
  return { data, shape: image.shape };
}
