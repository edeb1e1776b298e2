import type { Explanation, LayerMap, SaliencyMap, Target } from '../types.js';
import type { BatchContext, Maps } from './batch.js';
import { imageOf } from './layers.js';
import type { Prepared } from './prepare.js';
import { flatness, fuse } from './saliency.js';

const UNSMOOTHED =
  'eigen-smoothing takes one weight per channel, which this method does not have: not smoothed.';

const cancelled = (layer: string): string =>
  `layer "${layer}": the gradients cancel: no channel's average is above a millionth of the largest gradient, so that the map is rounding noise. Try another layer, or a method that weighs positions, such as hires-cam.`;

/** One image's answer out of a batch: copies, so that the batch can go. */
export function explanationOf(
  { image, shape }: Prepared,
  at: number,
  batch: number,
  { scores, chances }: { readonly scores: Float32Array; readonly chances: Float64Array },
  target: Target,
  maps: Maps,
  { backend, session, layers, candidates, gradients, plan, reader }: BatchContext,
): Explanation {
  const alternative = candidates.findLast(
    ({ name, opType }) => opType === 'Relu' && !layers.includes(name),
  )?.name;
  const named = [...maps].map(([method, { layers: batchMaps, milliseconds, wholeMilliseconds }]) => {
    const saliencies = batchMaps.map(({ saliency }) => imageOf(saliency, at, batch).slice());
    const needs: readonly string[] = method.needs;
    const values = 'values' in method ? method.values : undefined;
    const calm = needs.includes('positionScores') ? plan.calm : undefined;
    const layerMaps = batchMaps.map(
      ({ raw, coarse, weights }, l): LayerMap => ({
        layer: calm?.scores ?? layers[l],
        raw: { data: imageOf(raw, at, batch).slice(), shape: coarse },
        weights: weights && imageOf(weights, at, batch).slice(),
      }),
    );
    const limit = 'channels' in method ? method.channels : undefined;
    const map: SaliencyMap = {
      method: method.name,
      saliency: fuse(saliencies),
      shape: [shape[1], shape[2]],
      layers: layerMaps,
      raw: layerMaps[0].raw,
      weights: layerMaps[0].weights,
      classAgnostic: method.classAgnostic,
      values,
      gradients: needs.includes('gradients') ? gradients?.way : undefined,
      diagnostics: [
        ...layerMaps.flatMap((one, l) => flatness(one, saliencies[l], alternative) ?? []),
        ...layerMaps.flatMap(({ layer }, l) => (batchMaps[l].noise?.[at] ? [cancelled(layer)] : [])),
        ...(batchMaps.some(({ unsmoothed }) => unsmoothed) ? [UNSMOOTHED] : []),
      ],
      ...(limit !== undefined && { channels: Math.min(limit, layerMaps[0].weights?.length ?? limit) }),
      milliseconds,
      wholeMilliseconds,
    };
    return [method.name, map] as const;
  });
  return {
    image,
    target,
    maps: Object.fromEntries(named),
    scores,
    probabilities: chances,
    activation: reader.activation,
    backend: backend.name,
    runtime: session.runtime,
  };
}
