import type { AnyMethod } from '../methods/method.js';
import { takes } from '../methods/takes.js';
import type { Network } from '../onnx/network.js';
import { findCalm } from './needs/calm.js';
import type { Explainer, ExplainerOptions } from './options.js';

/**
 * The target layers: as asked; for CALM methods alone the model's own output; else the layer that the network
 * chooses.
 */
export function targetLayers(
  network: Network,
  methods: readonly AnyMethod[],
  { layers = [], calm }: ExplainerOptions,
): Explainer['layers'] {
  if (layers.length > 0)
    return layers.map((name) => ({ name: network.featureMap(name).name, reason: 'as asked' }));
  if (!methods.every((method) => takes(method, 'positionScores'))) {
    const { name, reason = '' } = network.targetLayer;
    return [{ name, reason }];
  }
  const { scores } = findCalm(network, calm);
  return [{ name: scores, reason: `"${scores}" holds the scores of the classes at each position.` }];
}
