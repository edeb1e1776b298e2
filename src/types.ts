/** Types of inputs and results, shared by all stages. No code. */

/**
 * A global type, where the program has it from TypeScript's `dom` library (7 and later) or from
 * `@webgpu/types`.
 */
type Global<Name extends string> = typeof globalThis extends {
  readonly [Key in Name]: { readonly prototype: infer Type };
}
  ? Type
  : object;

/**
 * A `GPUDevice`; any object where the program has no types of WebGPU, so that this package does not require
 * them.
 */
export type GpuDevice = Global<'GPUDevice'>;

/** A `GPUBuffer`; any object where the program has no types of WebGPU. */
export type GpuBuffer = Global<'GPUBuffer'>;

/** A decoded picture, upright: RGBA, 8 bits per channel, row by row. An `ImageData` is one. */
export interface Picture {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A normalised float32 tensor: `[C, H, W]`, or `[n, C, H, W]` for several images. */
export interface InputTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * How a picture becomes the model's input: resize, crop, scale to 0..1, `(x - mean) / std`, then planes in
 * the order of `channels`.
 */
export interface Preprocessing {
  /** `[height, width]` of the network's input, pixels. */
  readonly size: readonly [number, number];
  /**
   * `exact`: stretch to `size`, or to `stretchedSize` and then crop the centre. `shortest`: resize so that
   * the shorter side is `shortestEdge`, then crop the centre to `size`.
   */
  readonly resize: 'exact' | 'shortest';
  /** Pixels; only with `resize: 'shortest'`. @default size × 256/224 */
  readonly shortestEdge?: number;
  /** `[height, width]` in pixels before the crop; only with `resize: 'exact'`. @default `size`: no crop */
  readonly stretchedSize?: readonly [number, number];
  readonly interpolation: 'bilinear' | 'bicubic' | 'nearest';
  /** Per channel, in units of the scaled (0..1) value. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Factor from 0..255 to the scaled value. @default 1/255 */
  readonly scale?: number;
  readonly channels: 'RGB' | 'BGR' | 'GRAY';
}

/** A detection: its class, and its box as the model gives it. */
export interface Detection {
  readonly index: number;
  readonly label?: string;
  /** Probability, 0..1. */
  readonly score: number;
  /** `[left, top, right, bottom]`, pixels of the network's input. */
  readonly box: readonly [number, number, number, number];
}

/** What a map explains: a class; for a weighted sum of classes, the one with the largest weight. */
export interface Target {
  /** The class; of `value:J` J; 0 where there is neither. */
  readonly index: number;
  readonly label?: string;
  /** Probability of the class, 0..1; S where the target is a value, pixels, a likeness or one's own. */
  readonly score: number;
  /** The target where it is no class: `value`, `pixels:3`, `box:0`. */
  readonly name?: string;
  /** S where the target is no class: what gradients are taken of. */
  readonly value?: number;
  /** Of `pixels:C`: how many pixels the class wins. */
  readonly pixels?: number;
  /** Of `box:K`: the box. */
  readonly box?: Detection['box'];
  /** `[C]`: the weight of each class, where weights were requested. */
  readonly weights?: Float32Array;
}

/** The map of one layer, before ReLU and upsampling. */
export interface LayerMap {
  readonly layer: string;
  readonly raw: { readonly data: Float32Array; readonly shape: readonly [number, number] };
  /** `[K]`: one weight per channel, for methods that weight channels. */
  readonly weights?: Float32Array;
}

/** The result of one method for one image and one target. */
export interface SaliencyMap {
  readonly method: string;
  /**
   * `[H * W]`, 0 (none) to 1 (most); all 0 where nothing supports the class. With `values`, neither scaled
   * nor cut at 0.
   */
  readonly saliency: Float32Array;
  readonly shape: readonly [number, number];
  /** One per target layer. The saliency is their mean, scaled to 0..1 again. */
  readonly layers: readonly LayerMap[];
  /** The first layer's `raw` and `weights`. */
  readonly raw: LayerMap['raw'];
  readonly weights?: Float32Array;
  /** True where the method ignores the target. */
  readonly classAgnostic: boolean;
  /**
   * The meaning of the saliency's numbers, where they are not scaled: probabilities, or differences of
   * probabilities.
   */
  readonly values?: 'probabilities' | 'differences';
  /** How the method's gradients were computed; missing where it needs none. */
  readonly gradients?: 'closed form' | 'backward graph';
  /** Sentences for people: why a map is flat, what to try. Empty where nothing is wrong. */
  readonly diagnostics: readonly string[];
  /** Number of channels that may have a weight, where the method was limited to those of largest variance. */
  readonly channels?: number;
  /**
   * Wall time of the method for this image (its share of the batch), milliseconds. Not included are the
   * forward and backward pass, which methods share.
   */
  readonly milliseconds: number;
  /**
   * The same with the forward pass, and with the backward pass where the method needs gradients: the time of
   * the method alone.
   */
  readonly wholeMilliseconds: number;
}

/** Maps by the names of their methods. */
export type NamedMaps = Readonly<Record<string, SaliencyMap>>;

/** The result for one image and one target. */
export interface Explanation<Maps extends NamedMaps = NamedMaps> {
  /** Position of the image among those passed to `explain`. */
  readonly image: number;
  readonly target: Target;
  /** By method name. */
  readonly maps: Maps;
  /**
   * `[C]`: the model's scores for this image, unchanged. A model of one logit z has `[-z, z]`, of one
   * probability p `[1 - p, p]`. Where the target is no class: the output's numbers; of `pixels:C` the pixels
   * that each class wins; of `box:K` and targets of one's own none.
   */
  readonly scores: Float32Array;
  /** `[C]`, 0..1. Of `pixels:C` the share of the pixels; of other targets that are no class none. */
  readonly probabilities: Float64Array;
  /** Of `box:K`: the best detections, best first, after class-wise suppression of those that overlap. */
  readonly detections?: readonly Detection[];
  /** What turned the scores into probabilities; `none` where the scores are probabilities already. */
  readonly activation: 'softmax' | 'sigmoid' | 'none';
  /** The backend of the kernels. */
  readonly backend: 'wasm' | 'webgpu';
  /** The runtime of the model, e.g. `onnxruntime-node cpu`. */
  readonly runtime: string;
}
