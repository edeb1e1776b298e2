/** How a layer's values move between the order that the model has them in and `[k, h, w]`. */
import type { Layout } from '../onnx/feature-map.js';

/** Lengths of one picture's layer, and the tokens that stand in front of its positions. */
export interface Extent {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly prefix: number;
}

/** The extent of a tensor `[n, …]` of that layout; `undefined` where its shape is another. */
export function extentOf(layout: Layout, shape: readonly number[]): Extent | undefined {
  if (layout.kind === 'tokens') {
    const [, tokens, channels] = shape;
    const {
      prefix,
      grid: [height, width],
    } = layout;
    const fits = shape.length === 3 && tokens === prefix + height * width;
    return fits ? { channels, height, width, prefix } : undefined;
  }
  if (shape.length !== 4) return undefined;
  const [, channels, height, width] =
    layout.kind === 'nchw' ? shape : [shape[0], shape[3], shape[1], shape[2]];
  return { channels, height, width, prefix: 0 };
}

/** Values `[n, …]` with the channels last, as `[n, k, h, w]`; tokens of the prefix are left out. */
export function channelsFirst(values: Float32Array, n: number, extent: Extent): Float32Array {
  const { channels, prefix } = extent;
  const positions = extent.height * extent.width;
  const turned = new Float32Array(n * channels * positions);
  for (let image = 0, to = 0; image < n; image++) {
    const first = (image * (prefix + positions) + prefix) * channels;
    for (let k = 0; k < channels; k++)
      for (let from = first + k, p = 0; p < positions; p++, from += channels) turned[to++] = values[from];
  }
  return turned;
}

/** Writes `[k, h, w]` back where it came from: into `[prefix + h·w, k]`, whose prefix stays as it is. */
export function writeBack(turned: Float32Array, extent: Extent, into: Float32Array): void {
  const { channels, height, width, prefix } = extent;
  const positions = height * width;
  for (let p = 0, to = prefix * channels; p < positions; p++)
    for (let k = 0; k < channels; k++) into[to++] = turned[k * positions + p];
}
