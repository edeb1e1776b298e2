import type { Method } from '../methods/method.js';
import type { Explanation, LayerMap, SaliencyMap, Target } from '../types.js';
import type { BatchContext, MethodMaps } from './batch.js';
import { imageOf } from './layers.js';
import type { Prepared } from './prepare.js';
import { flatness, fuse } from './saliency.js';

/** One image's answer out of a batch: copies, so that the batch can go. */
export function explanationOf(
  { image, shape }: Prepared,
  at: number,
  batch: number,
  scores: Float32Array,
  target: Target,
  maps: ReadonlyMap<Method, MethodMaps>,
  { backend, session, layers, candidates, gradients }: BatchContext,
): Explanation {
  const alternative = candidates.findLast(
    ({ name, opType }) => opType === 'Relu' && !layers.includes(name),
  )?.name;
  const named = [...maps].map(([method, { layers: batchMaps, milliseconds }]) => {
    const saliencies = batchMaps.map(({ saliency }) => imageOf(saliency, at, batch).slice());
    const layerMaps = batchMaps.map(
      ({ raw, coarse, weights }, l): LayerMap => ({
        layer: layers[l],
        raw: { data: imageOf(raw, at, batch).slice(), shape: coarse },
        weights: weights && imageOf(weights, at, batch).slice(),
      }),
    );
    const map: SaliencyMap = {
      method: method.name,
      saliency: fuse(saliencies),
      shape: [shape[1], shape[2]],
      layers: layerMaps,
      raw: layerMaps[0].raw,
      weights: layerMaps[0].weights,
      classAgnostic: method.classAgnostic,
      gradients: method.needs.includes('gradients') ? gradients?.way : undefined,
      diagnostics: layerMaps.flatMap((one, l) => flatness(one, saliencies[l], alternative) ?? []),
      milliseconds,
    };
    return [method.name, map] as const;
  });
  return {
    image,
    target,
    maps: Object.fromEntries(named),
    scores,
    backend: backend.name,
    runtime: session.runtime,
  };
}
