import { expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import { type ProbingMethod, uniform } from './probing.js';

export interface RandomCamOptions {
  /** @default 0 */
  readonly seed?: number;
}

export const randomCamOptions: OptionKinds<RandomCamOptions> = { seed: 'number' };

/**
 * Random-CAM: `Σ_k w[k] · A[k]` with w uniform in [-1, 1), the same for every image: what a method has to
 * beat. As pytorch-grad-cam's `RandomCAM`, but seeded. Class-agnostic.
 */
export function randomCam(options: RandomCamOptions = {}): ProbingMethod<'random-cam'> & MethodMetadata {
  expectOptions('random-cam', options, randomCamOptions);
  const { seed = 0 } = options;
  return {
    name: 'random-cam',
    title: 'Random (a control)',
    citation: 'pytorch-grad-cam, RandomCAM',
    formula: '`Σk w[k] · A[k]`, w random, a baseline',
    cost: 'one pass',
    needs: ['activations'],
    classAgnostic: true,
    probe: async (_, { activations: { shape } }) => {
      const [n, k] = shape;
      const next = uniform(seed);
      const row = Float32Array.from({ length: k }, () => 2 * next() - 1);
      return { weights: Float32Array.from({ length: n * k }, (_, i) => row[i % k]) };
    },
  };
}
