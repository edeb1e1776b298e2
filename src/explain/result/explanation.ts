import type { AnyMethod } from '../../methods/method.js';
import { imageOf } from '../../runtime/index.js';
import { shownScores, type TargetContext, type TargetFunction } from '../../targets/index.js';
import type { Explanation, LayerMap, SaliencyMap } from '../../types.js';
import type { Batch } from '../batch.js';
import type { OpenNeed } from '../needs/need.js';
import type { Prepared } from '../prepare.js';
import type { BatchMaps } from '../run-method.js';
import { flatness } from './flatness.js';
import { fuse } from './fuse.js';

/**
 * What one method gave for one batch, by layer, and the milliseconds that an image cost, without and with
 * what methods share.
 */
export interface MethodMaps {
  readonly layers: readonly BatchMaps[];
  readonly milliseconds: number;
  readonly wholeMilliseconds: number;
  /** The needs that served it. */
  readonly served: readonly OpenNeed[];
}

/** Methods with what they gave for a target of each image. */
export type Maps = ReadonlyMap<AnyMethod, MethodMaps>;

const UNSMOOTHED =
  'eigen-smoothing takes one weight per channel, which this method does not have: not smoothed.';

interface Told {
  readonly targeting: Omit<TargetContext, 'size'>;
  /** A layer to try where a map is flat, if there is one. */
  readonly alternative?: string;
}

/** One image's answer out of a batch: copies, so that the batch can go. */
export function explanationOf(
  { image, shape }: Prepared,
  at: number,
  { size: batch, pass, context, fed }: Batch,
  target: TargetFunction,
  maps: Maps,
  { alternative, targeting }: Told,
): Explanation {
  const { backend, session, layers, reader } = context;
  // A detection comes from one scale: maps of the others are flat.
  const flat = (all: readonly (string | undefined)[]) =>
    reader.scores.answer === 'box' && !all.every(Boolean) ? [] : all.flatMap((one) => one ?? []);
  const named = [...maps].map(([method, { layers: batchMaps, served, milliseconds, wholeMilliseconds }]) => {
    const saliencies = batchMaps.map(({ saliency }) => imageOf(saliency, at, batch).slice());
    const own = served.find(({ layer }) => layer)?.layer;
    const layerMaps = batchMaps.map(
      ({ raw, coarse, weights }, l): LayerMap => ({
        layer: own ?? layers[l].name,
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
      values: 'values' in method ? method.values : undefined,
      gradients: served.find(({ facts }) => facts)?.facts?.gradients,
      diagnostics: [
        ...flat(layerMaps.map((one, l) => flatness(one, saliencies[l], alternative))),
        ...batchMaps.flatMap(({ remarks = [] }) => remarks.flatMap((byImage) => byImage[at] ?? [])),
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
    target: target.describe(pass, at),
    maps: Object.fromEntries(named),
    ...shownScores(pass, at, { ...targeting, size: [fed.shape[2], fed.shape[3]] }),
    activation: reader.activation,
    backend: backend.name,
    runtime: session.runtime,
  };
}
