import type { Backend, DataType, Shape, Tensor, TensorOf } from '../backends/backend.js';
import { centre } from './centre.js';
import { channelSum } from './channel-sum.js';
import { rank3 } from './define.js';
import { entropyTable } from './entropy-table.js';
import { firstComponent } from './first-component.js';
import { gradCamPlusPlusWeights } from './grad-cam-plus-plus-weights.js';
import { grayHistogram } from './gray-histogram.js';
import { minMax } from './min-max.js';
import { multiply } from './multiply.js';
import { type Bins, mutualInformation } from './mutual-information.js';
import { quantizeLayer } from './quantize-layer.js';
import { relu } from './relu.js';
import { rescale } from './rescale.js';
import { resizeBilinear } from './resize-bilinear.js';
import { spatialMean } from './spatial-mean.js';
import { weightedSum } from './weighted-sum.js';
import { xgradWeights } from './xgrad-weights.js';

/** The words methods are written in. Calls return at once; the work happens in call order. */
export interface Ops {
  /** `x` less the mean of its channel over y, x */
  centre(x: Tensor<4>): Tensor<4>;
  /** `Σ_k x` */
  channelSum(x: Tensor<4>): Tensor<3>;
  /**
   * Projection of each image's `h·w × k` matrix on its first principal component, as the matrix stands (`centre` it first where
   * wanted); of the sign that makes its inner product with `channelSum(x)` at least 0
   */
  firstComponent(x: Tensor<4>): Tensor<3>;
  /** `Σ_yx α · relu(G)`, `α = G² / (2 G² + ΣA · G³)`, 0 where G = 0 or the denominator is 0 */
  gradCamPlusPlusWeights(activations: Tensor<4>, gradients: Tensor<4>): Tensor<2>;
  /** `[n, 2]`: minimum and maximum of each image */
  minMax(x: Tensor<3>): Tensor<2>;
  /** `x · y`, value by value */
  multiply<S extends Shape>(x: TensorOf<S, DataType>, y: TensorOf<S, DataType>): TensorOf<S, DataType>;
  /**
   * Mutual information, nats, of each upsampled channel `[n, k, h, w]` with the grey image `[n, H, W]`, 0 to 255, in `bins` × `bins`
   * cells (32, 64, 128 or 256). @default bins 64
   */
  mutualInformation(
    activations: Tensor<4>,
    gray: Tensor<3, 'uint32'>,
    options?: { readonly bins?: Bins },
  ): Tensor<2>;
  /** `max(x, 0)` */
  relu<S extends Shape>(x: TensorOf<S, DataType>): TensorOf<S, DataType>;
  /** `(x - min) / (max - min)`, 0 where flat; `range` as `minMax` gives it */
  rescale(x: Tensor<3>, range: Tensor<2>): Tensor<3>;
  /** `x` at `size` `[H, W]`: linear, half-pixel centres, edges clamped */
  resizeBilinear(x: Tensor<3>, size: readonly [number, number]): Tensor<3>;
  /** mean over y, x */
  spatialMean(x: Tensor<4>): Tensor<2>;
  /** `Σ_k weights · activations` */
  weightedSum(activations: Tensor<4>, weights: Tensor<2>): Tensor<3>;
  /** `Σ_yx gradients · activations / Σ_yx activations`, 0 where the activations add up to 0 */
  xgradWeights(activations: Tensor<4>, gradients: Tensor<4>): Tensor<2>;
}

/** The kernels as functions on one backend. */
export function opsOn(backend: Backend): Ops {
  return {
    centre: (x) => backend.run(centre, { x }, undefined) as Tensor<4>,
    channelSum: (x) => backend.run(channelSum, { x }, undefined) as Tensor<3>,
    firstComponent: (x) => firstComponent(backend, x),
    gradCamPlusPlusWeights: (activations, gradients) =>
      backend.run(gradCamPlusPlusWeights, { activations, gradients }, undefined) as Tensor<2>,
    minMax: (x) => backend.run(minMax, { x }, undefined) as Tensor<2>,
    multiply: <S extends Shape>(x: TensorOf<S, DataType>, y: TensorOf<S, DataType>) =>
      backend.run(multiply, { x, y }, undefined) as TensorOf<S, DataType>,
    mutualInformation: (activations, gray, { bins = 64 } = {}) => {
      const [, H, W] = rank3('mutualInformation: gray', gray.shape);
      const { table, unit } = entropyTable(backend, H * W, bins);
      return backend.scope(() => {
        const q = backend.run(quantizeLayer, { activations }, [H, W]);
        const grayCounts = backend.run(grayHistogram, { gray }, bins);
        return backend.run(mutualInformation, { q, gray, grayCounts, table }, { bins, unit }) as Tensor<2>;
      });
    },
    relu: <S extends Shape>(x: TensorOf<S, DataType>) =>
      backend.run(relu, { x }, undefined) as TensorOf<S, DataType>,
    rescale: (x, range) => backend.run(rescale, { x, range }, undefined) as Tensor<3>,
    resizeBilinear: (x, size) => backend.run(resizeBilinear, { x }, size) as Tensor<3>,
    spatialMean: (x) => backend.run(spatialMean, { x }, undefined) as Tensor<2>,
    weightedSum: (activations, weights) =>
      backend.run(weightedSum, { activations, weights }, undefined) as Tensor<3>,
    xgradWeights: (activations, gradients) =>
      backend.run(xgradWeights, { activations, gradients }, undefined) as Tensor<2>,
  };
}
