import { CamError } from '../errors.js';
import { expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import { gaussian, type ProbingMethod } from './probing.js';

export interface SmoothGradCamOptions {
  /** Noisy copies of the picture. Minimum: `1`. @default 4 */
  readonly samples?: number;
  /** Standard deviation of the noise, in units of the normalised input. @default 0.3 */
  readonly deviation?: number;
  /** @default 0 */
  readonly seed?: number;
}

export const smoothGradCamOptions: OptionKinds<SmoothGradCamOptions> = {
  samples: 'number',
  deviation: 'number',
  seed: 'number',
};

/**
 * Smooth Grad-CAM++: Grad-CAM++'s weights with G, G² and G³ each averaged over noisy copies of the picture;
 * the activations are the picture's own. Omeiza et al., arXiv:1908.01224. The noise is the same for every
 * image.
 * @throws {CamError} `option` for a number of samples that is no whole number of at least 1.
 */
export function smoothGradCamPlusPlus(
  options: SmoothGradCamOptions = {},
): ProbingMethod<'smooth-grad-cam++'> & MethodMetadata {
  expectOptions('smooth-grad-cam++', options, smoothGradCamOptions);
  const { samples = 4, deviation = 0.3, seed = 0 } = options;
  if (!(Number.isInteger(samples) && samples >= 1))
    throw new CamError(
      'option',
      `smooth-grad-cam++: samples: expected a whole number of at least 1, got ${samples}.`,
    );
  return {
    name: 'smooth-grad-cam++',
    title: 'Smooth Grad-CAM++',
    citation: 'arXiv:1908.01224',
    formula: 'Grad-CAM++, its gradients averaged over noisy copies of the picture',
    cost: 'many passes',
    needs: ['activations', 'gradients'],
    classAgnostic: false,
    passes: samples,
    probe: async (_, probe) => {
      const { data, shape } = probe.input;
      const pixels = data.length / shape[0];
      const powers = [1, 2, 3].map(() => new Float64Array(probe.activations.shape.reduce((a, b) => a * b)));
      const next = gaussian(seed);
      for (let sample = 0; sample < samples; sample++) {
        const noise = Float32Array.from({ length: pixels }, () => deviation * next());
        const here = await probe.elsewhere(data.map((value, i) => value + noise[i % pixels]));
        const gradients = await probe.values(here.gradients).finally(() => here.release());
        powers.forEach((sum, power) => {
          for (let i = 0; i < sum.length; i++) sum[i] += gradients[i] ** (power + 1) / samples;
        });
      }
      const activations = await probe.values(probe.activations);
      return { weights: weightsOf(powers, activations, probe.activations.shape) };
    },
  };
}

/** `w[k] = Σ α · relu(D¹)`, `α = D² / (2 D² + ΣA[k] · D³)`, 0 where D² or the denominator is 0. */
function weightsOf(
  [first, second, third]: readonly Float64Array[],
  activations: Float32Array,
  [n, channels, h, w]: readonly [number, number, number, number],
): Float32Array {
  return Float32Array.from({ length: n * channels }, (_, channel) => {
    const from = channel * h * w;
    const to = from + h * w;
    const total = activations.subarray(from, to).reduce((a, b) => a + b, 0);
    let weight = 0;
    for (let i = from; i < to; i++) {
      const denominator = 2 * second[i] + total * third[i];
      if (denominator !== 0 && first[i] > 0) weight += (second[i] / denominator) * first[i];
    }
    return weight;
  });
}
