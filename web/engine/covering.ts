/** The picture that the network sees, with pixels of it covered. */

import { pictureOfTensor, preprocess } from '../../src/image/index.js';
import type { InputTensor, Picture, Preprocessing } from '../../src/index.js';
import { type Baseline, blurBaseline, greyBaseline } from '../../src/metrics/index.js';
import { random } from '../../src/metrics/random.js';
import type { Fill } from './protocol.js';

const SEED = 1;

/** One picture as the network sees it, and what may cover it; made when first asked for. */
export class Covering {
  readonly tensor: InputTensor;
  readonly #baselines = new Map<Fill, Baseline>();

  /** @throws {CamError} `input` for an empty picture. */
  constructor(
    picture: Picture,
    private readonly preprocessing: Preprocessing,
  ) {
    const { size, channels } = preprocessing;
    const { tensor } = preprocess(picture, preprocessing);
    this.tensor = { data: tensor, shape: [channels === 'GRAY' ? 1 : 3, ...size] };
  }

  baseline(fill: Fill): Baseline {
    const made = this.#baselines.get(fill) ?? makers[fill](this.tensor, this.preprocessing);
    this.#baselines.set(fill, made);
    return made;
  }

  /** @param mask  `[H * W]`: where it is not 0, the pixel is the baseline's. */
  covered(mask: Uint8Array, fill: Fill): InputTensor {
    const { data, shape } = this.tensor;
    const other = this.baseline(fill).image.data;
    const plane = mask.length;
    const covered = data.slice();
    for (let i = 0; i < covered.length; i++) if (mask[i % plane] !== 0) covered[i] = other[i];
    return { data: covered, shape };
  }

  /** A tensor of the network's input as pixels. */
  pixels(tensor: InputTensor): Picture {
    return pictureOfTensor(tensor, this.preprocessing);
  }
}

const makers: Readonly<Record<Fill, (tensor: InputTensor, preprocessing: Preprocessing) => Baseline>> = {
  // The level is that of the scaled pixel, whatever its range.
  grey: (tensor, preprocessing) =>
    greyBaseline(tensor, preprocessing, 127.5 * (preprocessing.scale ?? 1 / 255)),
  blur: (tensor) => blurBaseline(tensor),
  mean: meanBaseline,
  noise: noiseBaseline,
};

/** The mean colour of the picture itself. */
function meanBaseline(tensor: InputTensor): Baseline {
  const [channels, height, width] = tensor.shape;
  const plane = height * width;
  const data = new Float32Array(tensor.data.length);
  for (let c = 0; c < channels; c++) {
    const own = tensor.data.subarray(c * plane, (c + 1) * plane);
    data.fill(own.reduce((sum, value) => sum + value, 0) / plane, c * plane, (c + 1) * plane);
  }
  return { name: 'mean', image: { data, shape: tensor.shape } };
}

/** Each value as likely as any other, 0..255, the same for every picture of the size. */
function noiseBaseline(tensor: InputTensor, { mean, std, scale = 1 / 255 }: Preprocessing): Baseline {
  const plane = tensor.data.length / tensor.shape[0];
  const { below } = random(SEED);
  const data = Float32Array.from(tensor.data, (_, i) => {
    const c = Math.floor(i / plane);
    return (below(256) * scale - mean[c]) / std[c];
  });
  return { name: 'noise', image: { data, shape: tensor.shape } };
}
