import type { Backend, DataType, Shape, Tensor, TensorOf } from '../backends/backend.js';
import { arrangeGray } from './arrange-gray.js';
import type { Bins } from './bins.js';
import { boxSum } from './box-sum.js';
import { centre } from './centre.js';
import { channelSoftmax } from './channel-softmax.js';
import { channelSum } from './channel-sum.js';
import { classMargin } from './class-margin.js';
import { rank3 } from './define.js';
import { entropyTable } from './entropy-table.js';
import { firstComponent } from './first-component.js';
import { gradCamPlusPlusWeights } from './grad-cam-plus-plus-weights.js';
import { grayHistogram } from './gray-histogram.js';
import { matrixProduct } from './matrix-product.js';
import { minMax } from './min-max.js';
import { multiply } from './multiply.js';
import { mutualInformation } from './mutual-information.js';
import { quantizeLayer } from './quantize-layer.js';
import { relu } from './relu.js';
import { replaceRanked } from './replace-ranked.js';
import { rescale } from './rescale.js';
import { resizeBilinear } from './resize-bilinear.js';
import { saliency } from './saliency.js';
import { scaleChannels } from './scale-channels.js';
import { type MaskOptions, scoreCamMasks } from './score-cam-masks.js';
import { share } from './share.js';
import { softplus } from './softplus.js';
import { spatialMean } from './spatial-mean.js';
import { upsampledRange } from './upsampled-range.js';
import { weightedSum } from './weighted-sum.js';
import { xgradWeights } from './xgrad-weights.js';

/** The words methods are written in. Calls return at once; the work happens in call order. */
export interface Ops {
  /** Sum over a window of `region × region` around each position, zero outside; x `[…, h, w]` */
  boxSum<S extends Shape>(x: TensorOf<S, DataType>, region: number): TensorOf<S, DataType>;
  /** `x` less the mean of its channel over y, x */
  centre(x: Tensor<4>): Tensor<4>;
  /** `exp(x) / Σ_k exp(x)` at each position */
  channelSoftmax(x: Tensor<4>): Tensor<4>;
  /** `Σ_k x` */
  channelSum(x: Tensor<4>): Tensor<3>;
  /** `[n, c, h, w]`: `Σ_k weights[c, k] · activations[n, k]`, the maps of all classes */
  classMaps(activations: Tensor<4>, weights: Tensor<2>): Tensor<4>;
  /** `Σ_c choice · x - min_c x` at each position */
  classMargin(x: Tensor<4>, choice: Tensor<2>): Tensor<3>;
  /**
   * Projection of each image's `h·w × k` matrix on its first principal component, as the matrix stands
   * (`centre` it first where wanted); of the sign that makes its inner product with `channelSum(x)` at least
   * 0
   */
  firstComponent(x: Tensor<4>): Tensor<3>;
  /** `Σ_yx α · relu(G)`, `α = G² / (2 G² + ΣA · G³)`, 0 where G = 0 or the denominator is 0 */
  gradCamPlusPlusWeights(activations: Tensor<4>, gradients: Tensor<4>): Tensor<2>;
  /** `Σ_k weights[r, k] · x[k, p]`, a matrix `[r, p]` */
  matrixProduct(x: Tensor<2>, weights: Tensor<2>): Tensor<2>;
  /** `[n, 2]`: minimum and maximum of each image */
  minMax(x: Tensor<3>): Tensor<2>;
  /** `x · y`, value by value */
  multiply<S extends Shape>(x: TensorOf<S, DataType>, y: TensorOf<S, DataType>): TensorOf<S, DataType>;
  /**
   * Mutual information, nats, of each upsampled channel `[n, k, h, w]` with the grey image `[n, H, W]`, 0 to
   * 255, in `bins` × `bins` cells (32, 64, 128 or 256). @default bins 64
   */
  mutualInformation(
    activations: Tensor<4>,
    gray: Tensor<3, 'uint32'>,
    options?: { readonly bins?: Bins },
  ): Tensor<2>;
  /** `max(x, 0)` */
  relu<S extends Shape>(x: TensorOf<S, DataType>): TensorOf<S, DataType>;
  /**
   * `[m, c, h, w]`: copies of an image `[c, h, w]`; pixels with a rank in the copy's span `[from, to)` are
   * the baseline's
   */
  replaceRanked(
    image: Tensor<3>,
    baseline: Tensor<3>,
    ranks: Tensor<2, 'uint32'>,
    spans: Tensor<2, 'uint32'>,
  ): Tensor<4, 'float32'>;
  /** `(x - min) / (max - min)`, 0 where flat; `range` as `minMax` gives it */
  rescale(x: Tensor<3>, range: Tensor<2>): Tensor<3>;
  /** `x` at `size` `[H, W]`: linear, half-pixel centres, edges clamped */
  resizeBilinear(x: Tensor<3>, size: readonly [number, number]): Tensor<3>;
  /** `resizeBilinear(relu(x))`, rescaled to 0..1 by its own range */
  saliency(x: Tensor<3>, size: readonly [number, number]): Tensor<3>;
  /** each channel times its weight */
  scaleChannels(x: Tensor<4>, weights: Tensor<2>): Tensor<4>;
  /**
   * `[m, c, H, W]`: one image of `input` under the masks of `channels`, `ranges` as `upsampledRange` gives
   * them
   */
  scoreCamMasks(
    input: Tensor<4>,
    activations: Tensor<4>,
    ranges: Tensor<3>,
    channels: Tensor<1, 'uint32'>,
    options: MaskOptions,
  ): Tensor<4, 'float32'>;
  /** `x / Σ_yx x`, 0 where the sum is 0 */
  share(x: Tensor<3>): Tensor<3>;
  /** `log(1 + exp(x))` */
  softplus<S extends Shape>(x: TensorOf<S, DataType>): TensorOf<S, DataType>;
  /** mean over y, x */
  spatialMean(x: Tensor<4>): Tensor<2>;
  /** `[n, k, 2]`: minimum and maximum of each channel at `size` `[H, W]`, as `resizeBilinear` gives it */
  upsampledRange(x: Tensor<4>, size: readonly [number, number]): Tensor<3, 'float32'>;
  /** `Σ_k weights · activations` */
  weightedSum(activations: Tensor<4>, weights: Tensor<2>): Tensor<3>;
  /** `Σ_yx gradients · activations / Σ_yx activations`, 0 where the activations add up to 0 */
  xgradWeights(activations: Tensor<4>, gradients: Tensor<4>): Tensor<2>;
}

/** The kernels as functions on one backend. */
export function opsOn(backend: Backend): Ops {
  return {
    boxSum: <S extends Shape>(x: TensorOf<S, DataType>, region: number) =>
      backend.run(boxSum, { x }, region) as TensorOf<S, DataType>,
    centre: (x) => backend.run(centre, { x }, undefined) as Tensor<4>,
    channelSoftmax: (x) => backend.run(channelSoftmax, { x }, undefined) as Tensor<4>,
    channelSum: (x) => backend.run(channelSum, { x }, undefined) as Tensor<3>,
    classMaps: (activations, weights) =>
      backend.run(matrixProduct, { x: activations, weights }, undefined) as Tensor<4>,
    classMargin: (x, choice) => backend.run(classMargin, { x, choice }, undefined) as Tensor<3>,
    firstComponent: (x) => firstComponent(backend, x),
    gradCamPlusPlusWeights: (activations, gradients) =>
      backend.run(gradCamPlusPlusWeights, { activations, gradients }, undefined) as Tensor<2>,
    matrixProduct: (x, weights) => backend.run(matrixProduct, { x, weights }, undefined) as Tensor<2>,
    minMax: (x) => backend.run(minMax, { x }, undefined) as Tensor<2>,
    multiply: <S extends Shape>(x: TensorOf<S, DataType>, y: TensorOf<S, DataType>) =>
      backend.run(multiply, { x, y }, undefined) as TensorOf<S, DataType>,
    mutualInformation: (activations, gray, { bins = 64 } = {}) => {
      const [, H, W] = rank3('mutualInformation: gray', gray.shape);
      const { table, unit } = entropyTable(backend, H * W, bins);
      return backend.scope(() => {
        const q = backend.run(quantizeLayer, { activations }, [H, W]);
        const grayCounts = backend.run(grayHistogram, { gray }, bins);
        const arranged = backend.run(arrangeGray, { gray }, { bins, width: q.shape[3] });
        const inputs = { q, arranged, grayCounts, table };
        return backend.run(mutualInformation, inputs, { bins, size: [H, W], unit }) as Tensor<2>;
      });
    },
    relu: <S extends Shape>(x: TensorOf<S, DataType>) =>
      backend.run(relu, { x }, undefined) as TensorOf<S, DataType>,
    replaceRanked: (image, baseline, ranks, spans) =>
      backend.run(replaceRanked, { image, baseline, ranks, spans }, undefined) as Tensor<4, 'float32'>,
    rescale: (x, range) => backend.run(rescale, { x, range }, undefined) as Tensor<3>,
    resizeBilinear: (x, size) => backend.run(resizeBilinear, { x }, size) as Tensor<3>,
    saliency: (x, size) => backend.run(saliency, { map: x }, size) as Tensor<3>,
    scaleChannels: (x, weights) => backend.run(scaleChannels, { x, weights }, undefined) as Tensor<4>,
    scoreCamMasks: (input, activations, ranges, channels, options) =>
      backend.run(scoreCamMasks, { input, activations, ranges, channels }, options) as Tensor<4, 'float32'>,
    share: (x) => backend.run(share, { x }, undefined) as Tensor<3>,
    softplus: <S extends Shape>(x: TensorOf<S, DataType>) =>
      backend.run(softplus, { x }, undefined) as TensorOf<S, DataType>,
    spatialMean: (x) => backend.run(spatialMean, { x }, undefined) as Tensor<2>,
    upsampledRange: (x, size) => backend.run(upsampledRange, { x }, size) as Tensor<3, 'float32'>,
    weightedSum: (activations, weights) =>
      backend.run(weightedSum, { activations, weights }, undefined) as Tensor<3>,
    xgradWeights: (activations, gradients) =>
      backend.run(xgradWeights, { activations, gradients }, undefined) as Tensor<2>,
  };
}
