import type { Tensor } from '../backends/backend.js';
import type { Ops } from '../kernels/ops.js';

/** What a method may ask for, for one batch and one layer. */
export interface MethodInputs {
  /** The target layer, `[n, k, h, w]`. */
  readonly activations: Tensor<4>;
  /** dS/dA, `[n, k, h, w]`: the gradient of each image's score with respect to the target layer. */
  readonly gradients: Tensor<4>;
  /** What the network sees in grey, 0..255, `[n, H, W]`: `gray8` of DEFINITIONS, at the method's `resolution`. */
  readonly image: Tensor<3, 'uint32'>;
}

export type Need = keyof MethodInputs;

export interface MethodMap {
  /** The coarse map before ReLU, `[n, h, w]`. */
  readonly map: Tensor<3>;
  /** One per channel, `[n, k]`, for methods that weight channels. */
  readonly weights?: Tensor<2>;
}

/**
 * A saliency method: its formula over kernels, pure and synchronous, and what it needs. ReLU, upsampling and scaling to
 * 0..1 follow for every method alike. A method of your own has the same rights as these.
 */
export interface Method<N extends Need = Need> {
  /** As on the command line and in results. */
  readonly name: string;
  readonly needs: readonly N[];
  /** True where the map does not depend on the class. */
  readonly classAgnostic: boolean;
  /** Longer side of the grey image, pixels. Missing: as the network sees it. */
  readonly resolution?: number;
  map(k: Ops, inputs: Pick<MethodInputs, N>): MethodMap;
}
