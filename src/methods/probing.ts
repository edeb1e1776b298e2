import type { Tensor } from '../backends/backend.js';
import type { Ops } from '../kernels/ops.js';
import type { MethodMetadata } from './metadata.js';

/** What the model said of one image's class in each of several passes. */
export interface Answers {
  /** The score that is explained: the logit, unless the explainer was asked for another. */
  readonly scores: Float64Array;
  /** Probability of the class, 0..1, whatever is explained. */
  readonly probabilities: Float64Array;
}

/** One image of the batch. */
export interface ProbedImage {
  /** Position in the batch. */
  readonly at: number;
  /** The class that is explained. */
  readonly target: number;
}

export interface MaskedOptions {
  /** What masked images are multiplied with. @default 1 */
  readonly factor?: number;
  /** Changes the masked images before they are fed: `[m, C, H, W]`, in place. */
  readonly disturb?: (masked: Float32Array) => void;
}

/** What another picture gives at the layer. */
export interface Elsewhere {
  readonly activations: Tensor<4>;
  readonly gradients: Tensor<4>;
  release(): void;
}

/** The model as a method that runs it sees it, for one batch and one layer. */
export interface Probe {
  readonly activations: Tensor<4>;
  /** The images whose class is known; the others have failed and get no answer. */
  readonly images: readonly ProbedImage[];
  /** What the network is fed, `[n, C, H, W]`, normalised. */
  readonly input: { readonly data: Float32Array; readonly shape: readonly [number, number, number, number] };
  /** W `[C, K]` and b `[C]`, where scores = W · mean(A) + b and these scores are what is explained. */
  readonly linear?: { readonly weights: Float32Array; readonly bias: Float32Array };
  /** A tensor's numbers, on the host. */
  values(tensor: Tensor): Promise<Float32Array>;
  /** The numbers of a tensor that `make` makes; it is freed with all that was made on the way. */
  compute(make: () => Tensor): Promise<Float32Array>;
  /** Channels of one image whose upsampled map is not the same everywhere, in order. */
  varying(image: ProbedImage): Promise<Uint32Array>;
  /** Needs `forward`: the image under the mask of each channel, one pass each. */
  masked(image: ProbedImage, channels: Uint32Array, options?: MaskedOptions): Promise<Answers>;
  /**
   * Needs `tail`: scores that are explained, of the part behind the layer on changed copies of one image's
   * activations `[k, h, w]`, one pass each.
   * @param change  Changes copy `i`, which holds the image's own activations.
   */
  tail(
    image: ProbedImage,
    passes: number,
    change: (copy: Float32Array, i: number) => void,
  ): Promise<Float64Array>;
  /**
   * Needs `gradients`: activations and gradients, for the same classes, of other inputs of the same shape.
   */
  elsewhere(input: Float32Array): Promise<Elsewhere>;
}

/**
 * What a probing method finds, on the host: one weight per channel `[n, k]`, or the coarse map itself
 * `[n, h, w]`.
 */
export type Probed = { readonly weights: Float32Array } | { readonly map: Float32Array };

/** - `forward`: passes of the whole model. - `tail`: passes of the part behind the layer. */
export type ProbingNeed = 'activations' | 'gradients' | 'forward' | 'tail';

/**
 * A method that has to run the model again. Its weights, if it gives such, are summed over channels like all
 * others'.
 */
export interface ProbingMethod<Name extends string = string> extends Partial<MethodMetadata> {
  /** As on the command line and in results. */
  readonly name: Name;
  readonly needs: readonly ProbingNeed[];
  /** True where the map does not depend on the class. */
  readonly classAgnostic: boolean;
  /** The most channels that get a weight. Missing: all. */
  readonly channels?: number;
  /** Passes of the whole model, forwards and backwards, that `elsewhere` is asked for; shown as progress. */
  readonly passes?: number;
  probe(k: Ops, probe: Probe): Promise<Probed>;
}

/** Numbers like normal noise of deviation 1, the same for the same seed. */
export function gaussian(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Numbers in [0, 1), the same for the same seed on every machine: mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
