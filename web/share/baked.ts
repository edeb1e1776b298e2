/** A model with its explanation inside, made of the one that the page has open. */
import { parsedModel } from '../../src/explain/parsed-model.js';
import type { ModelFile, Preprocessing } from '../../src/index.js';
import {
  type BakedMethodName,
  bake,
  bakedMethods,
  type ValueInfo,
  withScoring,
} from '../../src/onnx/index.js';

export interface BakeSettings {
  readonly method: BakedMethodName;
  /** Missing: the one that the package chooses. */
  readonly layer?: string;
  readonly preprocessing: Preprocessing;
  /** The output with the class scores. */
  readonly output: string;
}

/**
 * It takes pixels, uint8 `[n, 3, H, W]` (one channel: `[n, 1, H, W]`), and the class where there is a choice.
 */
export interface Baked {
  readonly bytes: Uint8Array;
  readonly pixels: string;
  /** Int64 `[n]`; missing where the map is the same for every class. */
  readonly target?: string;
  readonly scores: string;
  readonly saliency: string;
  /** Files with weights, which have to lie beside it. */
  readonly beside: readonly string[];
}

export const canBeBaked = (method: string): method is BakedMethodName => Object.hasOwn(bakedMethods, method);

/** @throws {CamError} where the method does not fit the model, as `bake`. */
export function bakeModel(file: ModelFile, settings: BakeSettings): Baked {
  const { method, layer, preprocessing, output } = settings;
  const model = withScoring(parsedModel(file), { output });
  const options = { method, layer, preprocessing, normalize: true } as const;
  const target = bakedMethods[method].classAgnostic ? 'predicted' : 'input';
  const baked = bake(model, { ...options, target });
  return {
    bytes: baked.bytes,
    pixels: pixelsOf(baked.inputs, baked.target),
    target: baked.target?.name,
    scores: baked.scores.graphOutput,
    saliency: baked.saliency.name,
    beside: (file.externalData ?? []).map(({ path }) => path),
  };
}

function pixelsOf(inputs: readonly ValueInfo[], target: ValueInfo | undefined): string {
  const [picture] = inputs.filter(({ name }) => name !== target?.name);
  return picture.name;
}
