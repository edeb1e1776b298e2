import { expectOptions, type OptionKinds } from '../names.js';
import type { MethodMetadata } from './metadata.js';
import type { Method } from './method.js';

export interface EigenCamOptions {
  /**
   * Whether each channel's mean over the positions is taken off first, as a principal component wants. The
   * paper takes the singular vector of the activations as they are: `false`.
   * @default true
   */
  readonly center?: boolean;
}

export const eigenCamOptions: OptionKinds<EigenCamOptions> = { center: 'boolean' };

/**
 * Eigen-CAM: projection of the `h·w × k` matrix of activations on its first principal component, signed so
 * that its inner product with `Σ_k A[k]` (centred where the channels are) is at least 0. Class-agnostic, no
 * gradients. Muhammad & Yeasin, arXiv:2008.00299.
 */
export function eigenCam(options: EigenCamOptions = {}): Method<'activations', 'eigen-cam'> & MethodMetadata {
  expectOptions('eigen-cam', options, eigenCamOptions);
  const { center = true } = options;
  return {
    name: 'eigen-cam',
    title: 'Eigen-CAM',
    citation: 'arXiv:2008.00299',
    formula: 'first principal component of `A`',
    cost: 'one pass',
    needs: ['activations'],
    classAgnostic: true,
    map: (k, { activations }) => ({ map: k.firstComponent(center ? k.centre(activations) : activations) }),
  };
}
