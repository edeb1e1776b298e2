import type { SeparateGradient } from '../../onnx/gradient.js';
import type { Tail } from '../../onnx/model.js';
import type { Network } from '../../onnx/network.js';
import type { AnyFeed, Output, Session } from '../../runtime/index.js';

/** Where the gradients of a batch come from. */
export interface GradientSource {
  /** For results: how the gradients were computed. */
  readonly way: 'closed form' | 'backward graph';
  /** Whether cotangents have the shape of what is explained, since that is no matrix or unknown. */
  readonly takesShape?: boolean;
  /**
   * dS/d(layer) for each layer in order, `[n, k, h, w]`.
   * @param forward    What the forward model was fed and gave.
   * @param cotangent  dS/d(what is explained), `[n, C]` (`shape`), or in its shape: see `takesShape`.
   * @param signal     Checked before a pass; its reason is thrown.
   */
  gradients(
    forward: Readonly<Record<string, Output | AnyFeed>>,
    cotangent: Float32Array,
    shape: readonly number[],
    signal?: AbortSignal,
  ): Promise<readonly Output[]>;
}

/**
 * Behind global average pooling and at most one linear layer, scores = W · mean(A) + b: the gradient of score
 * c is `W[c, k] / (h·w)` at every position, whatever the image.
 */
export function closedForm(network: Network, { kind, layer }: Tail): GradientSource {
  const linear = kind === 'gap-linear' ? network.linearWeights(layer) : undefined;
  return {
    way: 'closed form',
    async gradients(forward, cotangent, [n, classes]) {
      const { shape } = forward[layer];
      const [, channels, h, w] = shape;
      const data = new Float32Array(n * channels * h * w);
      for (let image = 0; image < n; image++) {
        const weights = cotangent.subarray(image * classes, (image + 1) * classes);
        const slopes = linear ? combine(weights, linear.weights, channels) : weights;
        for (let k = 0; k < channels; k++) {
          const at = (image * channels + k) * h * w;
          data.fill(slopes[k] / (h * w), at, at + h * w);
        }
      }
      return [{ dtype: 'float32', shape, data }];
    },
  };
}

/** `Σ_c cotangent[c] · W[c, k]`; most of a cotangent is 0. */
function combine(cotangent: Float32Array, weights: Float32Array, channels: number): Float32Array {
  const slopes = new Float32Array(channels);
  cotangent.forEach((factor, c) => {
    if (factor === 0) return;
    for (let k = 0; k < channels; k++) slopes[k] += factor * weights[c * channels + k];
  });
  return slopes;
}

/**
 * The backward model, run after the forward model on tensors that this gave.
 * @param session  Of the backward model.
 */
export function backwardGraph(
  { taps, shapeTaps, target, gradients }: SeparateGradient,
  layers: readonly string[],
  session: Session,
): GradientSource {
  return {
    way: 'backward graph',
    takesShape: target?.shape?.length !== 2,
    async gradients(forward, cotangent, shape, signal) {
      const tapped = [...taps, ...shapeTaps.values()].map((name) => [name, forward[name]]);
      const feeds: Record<string, AnyFeed> = Object.fromEntries(tapped);
      if (target) feeds[target.name] = { data: cotangent, shape };
      const results = await session.run(feeds, { signal });
      return layers.map((layer) => results[gradients.get(layer) ?? layer]);
    },
  };
}
