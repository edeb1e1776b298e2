import type { Backend, Kernel, Tensor } from '../backends/backend.js';
import { type KernelOps, kernels } from '../generated/ops.js';
import { firstComponent } from './composed/first-component.js';
import { type InformationOptions, mutualInformation } from './composed/mutual-information.js';
import { channelProduct } from './matrix-product.js';
import { operation } from './operation.js';

/** Kernels that only composed operations run, or in another form. */
const steps = [
  'alignSign',
  'arrangeGray',
  'gram',
  'grayHistogram',
  'mutualInformation',
  'principalComponent',
  'quantizeLayer',
] as const;

/** Operations of several kernels, `src/kernels/composed`, and those of a kernel under another name. */
export interface ComposedOps {
  /** `[n, c, h, w]`: `Σ_k weights[c, k] · activations[n, k]`, the maps of all classes */
  classMaps(activations: Tensor<4>, weights: Tensor<2>): Tensor<4, 'float32'>;
  /**
   * Projection of each image's `h·w × k` matrix on its first principal component, as the matrix stands
   * (`centre` it first where wanted); of the sign that makes its inner product with `channelSum(x)` at least
   * 0
   */
  firstComponent(x: Tensor<4>): Tensor<3, 'float32'>;
  /**
   * Mutual information, nats, of each upsampled channel `[n, k, h, w]` with the grey image `[n, H, W]`, 0 to
   * 255, in `bins` × `bins` cells (32, 64, 128 or 256). @default bins 64
   */
  mutualInformation(
    activations: Tensor<4>,
    gray: Tensor<3, 'uint32'>,
    options?: InformationOptions,
  ): Tensor<2, 'float32'>;
}

/** The words methods are written in. Calls return at once; the work happens in call order. */
export interface Ops extends Omit<KernelOps, (typeof steps)[number]>, ComposedOps {}

/** The kernels as functions on one backend. */
export function opsOn(backend: Backend): Ops {
  const own = Object.entries<Kernel<string, never>>(kernels).filter(
    ([name]) => !steps.some((step) => step === name),
  );
  const single = Object.fromEntries(own.map(([name, kernel]) => [name, operation(backend, kernel)]));
  return {
    ...(single as unknown as Omit<KernelOps, (typeof steps)[number]>), // name by name, as declared
    classMaps: (x, weights) => backend.run(channelProduct, { x, weights }, undefined),
    firstComponent: (x) => firstComponent(backend, x),
    mutualInformation: (activations, gray, options) => mutualInformation(backend, activations, gray, options),
  };
}
