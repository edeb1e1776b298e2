import type { Backend, Tensor } from '../backends/backend.js';
import { weightedSum } from './weighted-sum.js';

/** The words methods are written in. Calls return at once; the work happens in call order. */
export interface Ops {
  /** `Σ_k weights · activations` */
  weightedSum(activations: Tensor<4>, weights: Tensor<2>): Tensor<3>;
}

/** The kernels as functions on one backend. */
export function opsOn(backend: Backend): Ops {
  return {
    weightedSum: (activations, weights) =>
      backend.run(weightedSum, { activations, weights }, undefined) as Tensor<3>,
  };
}
