import { CamError } from '../errors.js';
import { expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

export interface MiCamOptions {
  /**
   * Bins of each histogram axis: 32, 64, 128 or 256. More bins bias MI up, by about (bins - 1)² / 2HW nats.
   * @default 64
   */
  readonly bins?: 32 | 64 | 128 | 256;
  /**
   * Longer side, in pixels, at which picture and map are compared: fewer samples, a faster and coarser count.
   * @default the network's input size
   */
  readonly resolution?: number;
}

export const miCamOptions: OptionKinds<MiCamOptions> = { bins: 'number', resolution: 'number' };

const BINS = [32, 64, 128, 256];

/**
 * MI-CAM: `Σ_k MI(A[k], gray) · A[k]`, each channel weighted by its mutual information with the grey picture,
 * in nats. Class-agnostic, no gradients. arXiv:2507.09092, def. 4-5; bins, range and grey scale are this
 * project's choice.
 * @throws {CamError} `option` for another number of bins, or a resolution that is no whole number of at least
 *   8.
 */
export function miCam(
  options: MiCamOptions = {},
): Method<'activations' | 'image', 'mi-cam'> & MethodMetadata {
  expectOptions('mi-cam', options, miCamOptions);
  const { bins = 64, resolution } = options;
  if (!BINS.includes(bins))
    throw new CamError('option', `mi-cam: bins: expected 32, 64, 128 or 256, got ${bins}.`);
  if (resolution !== undefined && !(Number.isInteger(resolution) && resolution >= 8)) {
    throw new CamError(
      'option',
      `mi-cam: resolution: expected a whole number of at least 8 (pixels), got ${resolution}.`,
    );
  }
  return {
    name: 'mi-cam',
    title: 'MI-CAM',
    citation: 'arXiv:2507.09092',
    formula: '`Σk MI(A[k], gray) · A[k]`',
    cost: 'one pass',
    needs: ['activations', 'image'],
    classAgnostic: true,
    resolution,
    map: (k, { activations, image }) => {
      const weights = k.mutualInformation(activations, image, { bins });
      return { map: k.weightedSum(activations, weights), weights };
    },
  };
}
