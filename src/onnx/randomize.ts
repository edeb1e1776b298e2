/** Models with random weights in some layers. */

import { CamError } from '../errors.js';
import { type SharedModel, sharedBytes, shareWeights } from './expose.js';
import type { ConstantTensor, Model } from './model.js';
import { constantTensor } from './values.js';

/** A layer with weights of its own. */
export interface WeightLayer {
  /** The tensor that the layer makes. */
  readonly name: string;
  readonly opType: string;
  /** Names of its initialisers: weights, and bias where it has one. */
  readonly weights: readonly string[];
}

/** Where weights lie among an operator's inputs. */
const WEIGHT_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['Conv', [1, 2]],
  ['ConvTranspose', [1, 2]],
  ['Gemm', [0, 1, 2]],
  ['MatMul', [0, 1]],
  ['BatchNormalization', [1, 2]], // scale and shift; mean and variance belong to the data
]);

/**
 * The layers that hold learnt weights (convolutions, linear layers, scale and shift of batch normalisation),
 * in graph order. Weights that two layers share belong to the first.
 */
export function weightLayers(model: Model): WeightLayer[] {
  const taken = new Set<string>();
  const { initializers, nodes } = model.graph;
  return nodes.flatMap((node) => {
    const positions = node.domain === '' ? (WEIGHT_INPUTS.get(node.opType) ?? []) : [];
    const weights = positions.flatMap((at) => {
      const name = node.inputs[at];
      const tensor = name ? initializers.get(name) : undefined;
      return tensor && name && isFloat(tensor) && !taken.has(name) ? [name] : [];
    });
    for (const name of weights) taken.add(name);
    return weights.length > 0 ? [{ name: node.outputs[0] ?? '', opType: node.opType, weights }] : [];
  });
}

/**
 * The model with the weights of some layers drawn anew: each tensor from a normal distribution with its own
 * mean and standard deviation, so that the training is lost while signals keep their scale. Everything else
 * is shared with `model`, nothing is changed in place.
 *
 * @param normal  Standard normal numbers for a layer: called once per layer, so that a layer's draw need not
 *   depend on the others.
 * @throws {CamError} `option` for no layer at all.
 */
export function redrawLayers(
  model: Model,
  layers: readonly WeightLayer[],
  normal: (layer: WeightLayer) => () => number,
): SharedModel {
  if (layers.length === 0) {
    throw new CamError(
      'option',
      `${model.name}: layers to re-draw: expected at least one, got none. Its weights may be quantised or made by nodes: export it in float32.`,
    );
  }
  const initializers = new Map(model.graph.initializers);
  for (const layer of layers) {
    const next = normal(layer);
    for (const name of layer.weights) {
      const tensor = initializers.get(name);
      if (tensor) initializers.set(name, redrawn(tensor, next));
    }
  }
  const shared = shareWeights({ ...model, graph: { ...model.graph, initializers } });
  // Once everything large is drawn anew, nothing points into the file any more.
  const rest = [...initializers.values()].some(
    (tensor) => sharedBytes(tensor)?.buffer === model.bytes.buffer,
  );
  return rest ? shared : { ...shared, externalData: [] };
}

const isFloat = ({ dtype }: ConstantTensor): boolean => dtype === 'float32' || dtype === 'float64';

function redrawn(tensor: ConstantTensor, next: () => number): ConstantTensor {
  const values = Array.from<number | bigint, number>(tensor.data(), Number);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const draw = () => mean + deviation * next();
  const drawn =
    tensor.dtype === 'float64' ? Float64Array.from(values, draw) : Float32Array.from(values, draw);
  return constantTensor(tensor.name, tensor.dims, drawn, tensor.dtype);
}
