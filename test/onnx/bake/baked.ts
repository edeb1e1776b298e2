/** Maps of a baked model, and those of `explain` for the same images. */

import {
  type AnyMethod,
  createExplainer,
  type ExplainerOptions,
  type Explanation,
} from '../../../src/index.js';
import { type BakedModel, type BakeOptions, bake } from '../../../src/onnx/bake.js';
import type { Model } from '../../../src/onnx/model.js';
import type { Feed } from '../../../src/runtime/types.js';
import { runModel, toFloats } from '../gradients/run.js';

export type RuntimeKind = 'node' | 'web';

/** Largest difference between a baked map and that of `explain`; maps are 0..1. */
export const bounds: Readonly<Record<BakeOptions['method'], number>> = {
  'grad-cam': 1e-3,
  'grad-cam++': 1e-3,
  'xgrad-cam': 1e-3,
  'hires-cam': 1e-3,
  'layer-cam': 1e-3,
  cam: 1e-3,
  'info-cam': 1e-3,
  'ablation-cam': 1e-3,
  'eigen-cam': 1e-2,
  'mi-cam': 5e-3,
  'mean-activation': 1e-3,
};

export const methodNames = Object.keys(bounds) as BakeOptions['method'][];

export interface Run {
  readonly baked: BakedModel;
  readonly saliency: Float32Array;
  readonly shape: readonly number[];
  /** All outputs. */
  readonly outputs: Readonly<Record<string, Feed>>;
}

/** Bakes and runs it. @param classes One per image, for `target: 'input'`. */
export async function runBaked(
  model: Model,
  options: BakeOptions,
  images: Feed,
  runtime: RuntimeKind = 'node',
  classes: readonly number[] = [],
): Promise<Run> {
  const baked = bake(model, options);
  const feeds: Record<string, Feed> = { [baked.inputs[0].name]: images };
  if (baked.target)
    feeds[baked.target.name] = { data: BigInt64Array.from(classes, BigInt), shape: [classes.length] };
  const names = [...model.graph.outputs.map(({ name }) => name), baked.saliency.name];
  const outputs = await runModel(baked, feeds, names, runtime);
  const { [baked.saliency.name]: saliency } = outputs;
  return { baked, saliency: toFloats(saliency), shape: saliency.shape, outputs };
}

/** Each image's own explanation, kernels on the CPU. */
export async function explained(
  bytes: Uint8Array,
  methods: readonly AnyMethod[],
  images: Feed,
  options: ExplainerOptions & { readonly targets?: readonly number[] } = {},
): Promise<readonly Explanation[]> {
  const { targets, ...rest } = options;
  const explainer = await createExplainer({ bytes }, { backend: 'wasm', threads: 1, methods, ...rest });
  try {
    return await explainer.explain(imagesOf(images), { targets });
  } finally {
    await explainer.dispose();
  }
}

/** The images of a batch, each on its own. */
export function imagesOf({ data, shape }: Feed): { data: Float32Array; shape: readonly number[] }[] {
  const size = data.length / shape[0];
  const floats = toFloats({ data, shape });
  return Array.from({ length: shape[0] }, (_, n) => ({
    data: floats.slice(n * size, (n + 1) * size),
    shape: shape.slice(1),
  }));
}

export const joined = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

/** The largest difference of two arrays of one length. */
export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
