import type { Tensor } from '../backends/backend.js';
import type { Ops } from '../kernels/ops.js';
import type { MethodMetadata } from './metadata.js';
import type { ProbingMethod } from './probing.js';

/** What a method may ask for, for one batch and one layer. */
export interface MethodInputs {
  /** The target layer, `[n, k, h, w]`. */
  readonly activations: Tensor<4>;
  /** dS/dA, `[n, k, h, w]`: the gradient of each image's score with respect to the target layer. */
  readonly gradients: Tensor<4>;
  /** What the network sees in grey, 0..255, `[n, H, W]`, at the method's `resolution`. */
  readonly image: Tensor<3, 'uint32'>;
  /** 1 at each image's class and 0 elsewhere, `[n, C]`, or what the method's `classes` makes of it. */
  readonly target: Tensor<2>;
  /**
   * W of a linear tail, `[C, K]`: score c = Σ_k W[c, k] · mean(A[k]) + b[c]. Where channels are classes, the
   * unit matrix.
   */
  readonly classWeights: Tensor<2>;
  /** `Σ_k W[c, k] · A[k]` for all classes of a linear tail, `[n, C, h, w]`. */
  readonly classMaps: Tensor<4>;
  /** f of a CALM model, `[n, C, h, w]`: scores of the classes at each position. */
  readonly positionScores: Tensor<4>;
  /** a of a CALM model, `[n, 1, h, w]`: attention before softplus. */
  readonly attention: Tensor<4>;
}

export type Need = keyof MethodInputs;

export interface MethodMap {
  /** The coarse map before ReLU, `[n, h, w]`. */
  readonly map: Tensor<3>;
  /** One per channel, `[n, k]`, for methods that weight channels. */
  readonly weights?: Tensor<2>;
}

/** What every method has; `Method` says which of it a gradient method must have. */
export interface MethodOf<N extends Need, Name extends string, M extends MethodMap = MethodMap>
  extends Partial<MethodMetadata> {
  /** As on the command line and in results. */
  readonly name: Name;
  readonly needs: readonly N[];
  /** True where the map does not depend on the class. */
  readonly classAgnostic: boolean;
  /** Longer side of the grey image, pixels. Missing: as the network sees it. */
  readonly resolution?: number;
  /**
   * How much each of `count` classes counts in the method's `target`.
   * @default 1 for the image's own class, 0 for the others
   */
  readonly classes?: (target: number, count: number) => Float32Array;
  /**
   * What the map's values are where they mean something as they stand: probabilities, or differences of such.
   * They are upsampled, never passed through ReLU, never scaled.
   */
  readonly values?: 'probabilities' | 'differences';
  /**
   * True where the weights are averages of the gradients: where these cancel, the map is rounding noise, and
   * its diagnostics say so unless the gradients are on a GPU.
   */
  readonly averages?: boolean;
  map(k: Ops, inputs: Pick<MethodInputs, N>): M;
}

/** A gradient method that gives weights says whether they are averages. */
export type GradientMethod<N extends Need, Name extends string> =
  | (MethodOf<N, Name> & { readonly averages: boolean })
  | MethodOf<N, Name, { readonly map: Tensor<3>; readonly weights?: undefined }>;

/**
 * A saliency method: its formula over kernels, pure and synchronous, and what it needs. ReLU, upsampling and
 * scaling to 0..1 follow for every method alike. A method of your own has the same rights as these.
 */
export type Method<N extends Need = Need, Name extends string = string> = [Need] extends [N]
  ? MethodOf<N, Name>
  : 'gradients' extends N
    ? GradientMethod<N, Name>
    : MethodOf<N, Name>;

/** Any of the two kinds. */
export type AnyMethod<Name extends string = string> = Method<Need, Name> | ProbingMethod<Name>;
