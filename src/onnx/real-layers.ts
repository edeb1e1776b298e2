/**
 * Layers of models in QOperator form, which compute with integers, as real numbers: behind each one a
 * DequantizeLinear makes them and a QuantizeLinear of the same scale gives the same integers back.
 */

import { intAttribute } from './attributes.js';
import type { DataType, Graph, Model, Node, ValueInfo } from './model.js';
import { TakenNames } from './tensor-names.js';
import { capturedBy, indexGraph } from './walk.js';
import { makeNode } from './write.js';

/** Operators whose output may be a feature map, and which input is its scale; the zero point is next. */
const scaleOfOutput: ReadonlyMap<string, number> = new Map([
  ['QLinearConv', 6],
  ['QLinearAdd', 6],
  ['QLinearMul', 6],
  ['QLinearSigmoid', 3],
  ['QLinearLeakyRelu', 3],
  ['QLinearAveragePool', 3],
  ['QLinearConcat', 0],
]);

const EIGHT_BITS: ReadonlySet<DataType> = new Set(['uint8', 'int8']);

/**
 * The graph with layers of integers as real numbers under their names; `undefined` where it has none. The
 * integers are called `NAME_quantized`, but for outputs of the graph, whose real numbers are `NAME_real`.
 */
export function withRealLayers({ graph, name }: Model): Graph | undefined {
  const layers = quantisedLayers(graph, name);
  if (layers.size === 0) return undefined;
  const taken = new TakenNames([...graph.initializers.keys(), ...graph.inputs.map((input) => input.name)]);
  for (const { outputs } of graph.nodes) for (const output of outputs) taken.add(output);
  const ends = new Set(graph.outputs.map((output) => output.name));
  const free = (wanted: string): string => {
    if (taken.has(wanted)) return taken.like(wanted);
    taken.add(wanted);
    return wanted;
  };
  const valueInfo = new Map(graph.valueInfo);
  const made = new Map<Node, readonly Node[]>();
  const again = new Map<string, string>();
  for (const [tensor, { node, scale, zeroPoint }] of layers) {
    const isEnd = ends.has(tensor);
    const integers = isEnd ? tensor : free(`${tensor}_quantized`);
    const real = isEnd ? free(`${tensor}_real`) : tensor;
    const back = free(`${tensor}_requantized`);
    again.set(tensor, back);
    made.set(node, [
      { ...node, outputs: [integers] },
      makeNode('DequantizeLinear', [integers, scale, zeroPoint], [real], {}, real),
      makeNode('QuantizeLinear', [real, scale, zeroPoint], [back], {}, back),
    ]);
    const stated: ValueInfo | undefined = graph.valueInfo.get(tensor);
    if (!isEnd && stated) valueInfo.set(tensor, { ...stated, dtype: 'float32' });
  }
  const nodes = graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map((input) => again.get(input) ?? input);
    const [first, ...others] = made.get(node) ?? [node];
    return [{ ...first, inputs }, ...others];
  });
  return { ...graph, nodes, valueInfo };
}

interface QuantisedLayer {
  readonly node: Node;
  readonly scale: string;
  readonly zeroPoint: string;
}

/** By tensor. Those with channels last, and those that subgraphs read, are left as they are. */
function quantisedLayers(graph: Graph, where: string): ReadonlyMap<string, QuantisedLayer> {
  const found = new Map<string, QuantisedLayer>();
  if (!graph.nodes.some(({ opType }) => scaleOfOutput.has(opType))) return found;
  const index = indexGraph(graph, where);
  const captured = new Set(graph.nodes.flatMap(capturedBy));
  for (const node of graph.nodes) {
    const at = scaleOfOutput.get(node.opType);
    const [tensor = '', ...others] = node.outputs;
    if (at === undefined || tensor === '' || others.length > 0 || captured.has(tensor)) continue;
    const [scale = '', zeroPoint = ''] = node.inputs.slice(at, at + 2);
    const zeros = index.constant(zeroPoint);
    const isPlain = zeros && EIGHT_BITS.has(zeros.dtype) && intAttribute(node, 'channels_last', 0) === 0;
    if (isPlain && index.constant(scale)) found.set(tensor, { node, scale, zeroPoint });
  }
  return found;
}
