import { CamError } from '../errors.js';
import { expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import type { ProbingMethod } from './probing.js';

export interface IntegratedGradCamOptions {
  /** Points on the way from the mean colour (0) to the picture. Minimum: `1`. @default 20 */
  readonly pathSteps?: number;
}

export const integratedGradCamOptions: OptionKinds<IntegratedGradCamOptions> = { pathSteps: 'number' };

/**
 * Integrated Grad-CAM: `mean_t Σ_k mean(G[k](t)) · (A[k](t) - A[k](0))`, over inputs `x(t) = t · x`, t = 1/m
 * … 1. Sattarzadeh et al., arXiv:2102.07805. One forward and one backward pass per step.
 * @throws {CamError} `option` for a number of steps that is no whole number of at least 1.
 */
export function integratedGradCam(
  options: IntegratedGradCamOptions = {},
): ProbingMethod<'integrated-grad-cam'> & MethodMetadata {
  expectOptions('integrated-grad-cam', options, integratedGradCamOptions);
  const { pathSteps: steps = 20 } = options;
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new CamError(
      'option',
      `integrated-grad-cam: pathSteps: expected a whole number of at least 1, got ${steps}.`,
    );
  return {
    name: 'integrated-grad-cam',
    title: 'Integrated Grad-CAM',
    citation: 'arXiv:2102.07805',
    formula: 'Grad-CAM, summed on the way from the mean colour to the picture',
    cost: 'many passes',
    needs: ['activations', 'gradients'],
    classAgnostic: false,
    passes: steps + 1,
    probe: async (k, probe) => {
      const { data } = probe.input;
      const [n, , h, w] = probe.activations.shape;
      const map = new Float32Array(n * h * w);
      const add = (part: Float32Array, factor: number): void => {
        for (let i = 0; i < map.length; i++) map[i] += (factor / steps) * part[i];
      };
      const start = await probe.elsewhere(new Float32Array(data.length));
      try {
        for (let step = 1; step <= steps; step++) {
          const here = await probe.elsewhere(data.map((value) => (value * step) / steps));
          const weighted = (activations: typeof here.activations) => () =>
            k.weightedSum(activations, k.spatialMean(here.gradients));
          try {
            add(await probe.compute(weighted(here.activations)), 1);
            add(await probe.compute(weighted(start.activations)), -1);
          } finally {
            here.release();
          }
        }
      } finally {
        start.release();
      }
      return { map };
    },
  };
}
