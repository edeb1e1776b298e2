import type { Backend, Shape, Tensor } from '../../backends/backend.js';
import { alignSign } from '../align-sign.js';
import { channelSum } from '../channel-sum.js';
import { gram } from '../gram.js';
import { principalComponent } from '../principal-component.js';
import { weightedSum } from '../weighted-sum.js';

/**
 * Projection of each image's matrix X, `h·w` positions × k channels, on its first principal component, as the
 * matrix stands (`centre` it first where wanted): `X · v = √λ · u` with `X Xᵀ u = λ u`, `Xᵀ X v = λ v`, λ the
 * largest; of the two Gram matrices the smaller is taken. Signed so that the inner product with `Σ_k x` is at
 * least 0.
 *
 * x `[n, k, h, w]` → `[n, h, w]`, in units of x; all 0 where x is.
 */
export function firstComponent(backend: Backend, x: Tensor<4>): Tensor<3, 'float32'> {
  const [n, k, h, w] = x.shape;
  return backend.scope(() => {
    const toward = backend.run(channelSum, { x }, undefined);
    const component = (of: 'positions' | 'channels', as: 'projection' | 'direction', shape: Shape) =>
      backend.run(principalComponent, { gram: backend.run(gram, { x }, of) }, { as, shape });
    const projected = () => component('positions', 'projection', [n, h, w]);
    const weighted = () =>
      backend.run(
        weightedSum,
        { activations: x, weights: component('channels', 'direction', [n, k]) },
        undefined,
      );
    return backend.run(alignSign, { map: h * w <= k ? projected() : weighted(), toward }, undefined);
  });
}
