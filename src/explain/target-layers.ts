import type { AnyMethod } from '../methods/method.js';
import { takes } from '../methods/takes.js';
import { NCHW } from '../onnx/feature-map.js';
import { layoutText } from '../onnx/layouts.js';
import type { Network } from '../onnx/network.js';
import { findCalm } from './needs/calm.js';
import type { ExplainerOptions } from './options.js';
import type { TargetLayer } from './target-layer.js';

/**
 * The target layers: as asked; for CALM methods alone the model's own output; else the layer that the network
 * chooses.
 */
export function targetLayers(
  network: Network,
  methods: readonly AnyMethod[],
  { layers = [], calm }: ExplainerOptions,
): readonly TargetLayer[] {
  if (layers.length > 0)
    return layers.map((asked) => {
      const { name, layout } = network.featureMap(asked);
      return { name, layout, reason: ['as asked', layoutText(layout)].filter(Boolean).join(', ') };
    });
  if (!methods.every((method) => takes(method, 'positionScores'))) {
    return network.targetLayers.map(({ name, layout, reason }) => ({ name, layout, reason }));
  }
  const { scores: name } = findCalm(network, calm);
  return [{ name, layout: NCHW, reason: `"${name}" holds the scores of the classes at each position.` }];
}
