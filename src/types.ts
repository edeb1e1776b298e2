/** The vocabulary of inputs and results, shared by every stage. No code. */

/**
 * A global type where the program has it, from TypeScript's `dom` library (7 and later) or from
 * `@webgpu/types`.
 */
type Global<Name extends string> = typeof globalThis extends {
  readonly [Key in Name]: { readonly prototype: infer Type };
}
  ? Type
  : object;

/** A `GPUDevice`; any object where the program has no types of WebGPU, so that ours need none. */
export type GpuDevice = Global<'GPUDevice'>;

/** A `GPUBuffer`, likewise. */
export type GpuBuffer = Global<'GPUBuffer'>;

/** A decoded picture, upright: RGBA, 8 bits, row by row. An `ImageData` is one. */
export interface Picture {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A float32 tensor that is already normalised: `[C, H, W]`, or `[n, C, H, W]` for several images. */
export interface InputTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * How a picture becomes the model's input: resize, crop, scale to 0..1, `(x - mean) / std`, planes in
 * `channels` order.
 */
export interface Preprocessing {
  /** `[height, width]` of the network's input, pixels. */
  readonly size: readonly [number, number];
  /**
   * `exact`: stretched to `size` (or to `stretchedSize`, then the centre cropped). `shortest`: the shorter
   * side to `shortestEdge`, then the centre cropped to `size`.
   */
  readonly resize: 'exact' | 'shortest';
  /** Pixels; only with `resize: 'shortest'`. @default size × 256/224 */
  readonly shortestEdge?: number;
  /** `[height, width]`, pixels, before the crop; only with `resize: 'exact'`. @default `size`: no crop */
  readonly stretchedSize?: readonly [number, number];
  readonly interpolation: 'bilinear' | 'bicubic' | 'nearest';
  /** Per channel, in units of the scaled (0..1) value. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Factor from 0..255 to the scaled value. @default 1/255 */
  readonly scale?: number;
  readonly channels: 'RGB' | 'BGR' | 'GRAY';
}

/** The class that a map speaks of; where it speaks of several, the one of the largest weight. */
export interface Target {
  readonly index: number;
  readonly label?: string;
  /** Probability of the class, 0..1. */
  readonly score: number;
  /** `[C]`: how much each class counts, where weights were asked for. */
  readonly weights?: Float32Array;
}

/** One layer's share of a map, before ReLU and upsampling. */
export interface LayerMap {
  readonly layer: string;
  readonly raw: { readonly data: Float32Array; readonly shape: readonly [number, number] };
  /** One per channel, for methods that weight channels. */
  readonly weights?: Float32Array;
}

/** What one method says about one image and one target. */
export interface SaliencyMap {
  readonly method: string;
  /**
   * `[H * W]`, 0 (none) to 1 (most); all 0 where nothing supports the class. With `values` neither scaled nor
   * cut at 0.
   */
  readonly saliency: Float32Array;
  readonly shape: readonly [number, number];
  /** One per target layer; the saliency is their mean, scaled to 0..1 again. */
  readonly layers: readonly LayerMap[];
  /** The first layer's `raw` and `weights`. */
  readonly raw: LayerMap['raw'];
  readonly weights?: Float32Array;
  /** True where the method ignores the target. */
  readonly classAgnostic: boolean;
  /** What the numbers are, where they mean something as they stand: probabilities, or differences of such. */
  readonly values?: 'probabilities' | 'differences';
  /** Where the method's gradients came from; missing where it needs none. */
  readonly gradients?: 'closed form' | 'backward graph';
  /** Sentences for people: why a map is flat, what to try. Empty when all is well. */
  readonly diagnostics: readonly string[];
  /** Channels that may have a weight, where the method was kept to those of largest variance. */
  readonly channels?: number;
  /**
   * Wall time of the method for this image (its share of the batch), without what methods share: forward and
   * backward pass.
   */
  readonly milliseconds: number;
  /**
   * The same with the forward pass, and with the backward pass where the method needs gradients: as if it
   * were run alone.
   */
  readonly wholeMilliseconds: number;
}

/** Maps by the names of their methods. */
export type NamedMaps = Readonly<Record<string, SaliencyMap>>;

/** The answer for one image and one target. */
export interface Explanation<Maps extends NamedMaps = NamedMaps> {
  /** Position of the image among those passed to `explain`. */
  readonly image: number;
  readonly target: Target;
  /** By method name. */
  readonly maps: Maps;
  /**
   * The model's scores for this image, as the model gives them, `[C]`; of one logit z `[-z, z]`, of one
   * probability p `[1 - p, p]`.
   */
  readonly scores: Float32Array;
  /** `[C]`, 0..1. */
  readonly probabilities: Float64Array;
  /** What made them of the scores: `none` where these are probabilities already. */
  readonly activation: 'softmax' | 'sigmoid' | 'none';
  /** What the kernels ran on. */
  readonly backend: 'wasm' | 'webgpu';
  /** What the model ran on, e.g. `onnxruntime-node cpu`. */
  readonly runtime: string;
}
