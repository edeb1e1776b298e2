/** A model that is fed the picture's own 8-bit values. */

import { CamError } from '../../errors.js';
import { dataTypes, type Model, type Node, type ValueInfo } from '../model.js';
import { analyse } from '../network.js';
import { parseModel } from '../read.js';
import { namesOf, unused } from '../tensor-names.js';
import { constantTensor } from '../values.js';
import { makeNode, writeModel } from '../write.js';
import { channelsOf, expectPerChannel, type Normalising } from './gray.js';

/**
 * The model with its normalisation inside: `(scale · pixel - mean) / std`, fed with `pixels`, uint8
 * `[n, 3, H, W]`, red first (`[n, 1, H, W]` for models of one channel). The former input is a tensor inside,
 * under its name.
 *
 * @throws {CamError} `option` for a model that takes 8-bit pixels already, and for mean and std of another
 *   number of channels.
 */
export function withPixels(model: Model, how: Normalising): Model {
  const { name, dtype = 'float32', shape } = analyse(model).picture;
  if (dtype === 'uint8')
    throw new CamError(
      'option',
      `normalize: expected a model that is fed normalised values, got "${name}" of type uint8, which normalises inside. Bake it without.`,
    );
  const channels = channelsOf({ shape });
  expectPerChannel(how, channels);
  const { mean, std, scale = 1 / 255 } = how;
  const names = namesOf(model.graph);
  const pixels: ValueInfo = {
    name: unused('pixels', names),
    dtype: 'uint8',
    shape: shape ?? [undefined, channels, undefined, undefined],
  };
  const inner = (part: string) => unused(`normalize/${part}`, names);
  const perChannel = (part: string, values: readonly number[]) =>
    constantTensor(inner(part), [channels, 1, 1], Float32Array.from(values));
  const factor = perChannel(
    'factor',
    std.map((value) => scale / value),
  );
  const shift = perChannel(
    'shift',
    std.map((value, c) => mean[c] / value),
  );
  const order = constantTensor(inner('order'), [channels], BigInt64Array.of(2n, 1n, 0n).slice(0, channels));
  const swaps = how.channels === 'BGR' && channels === 3;
  const nodes: Node[] = [];
  const then = (opType: string, inputs: readonly string[], output: string, attributes = {}): string => {
    nodes.push(makeNode(opType, inputs, [output], attributes, output));
    return output;
  };
  const cast = then('Cast', [pixels.name], inner('cast'), { to: dataTypes.indexOf('float32') });
  const ordered = swaps ? then('Gather', [cast, order.name], inner('ordered'), { axis: 1 }) : cast;
  const scaled = then('Mul', [ordered, factor.name], inner('scaled'));
  const isSingle = dtype === 'float32';
  const normalised = then('Sub', [scaled, shift.name], isSingle ? name : inner('normalised'));
  if (!isSingle) then('Cast', [normalised], name, { to: dataTypes.indexOf(dtype) });
  const { graph } = model;
  const added = swaps ? [factor, shift, order] : [factor, shift];
  const bytes = writeModel({
    ...model,
    graph: {
      ...graph,
      nodes: [...nodes, ...graph.nodes],
      inputs: [pixels],
      initializers: new Map([
        ...graph.initializers,
        ...added.map((tensor) => [tensor.name, tensor] as const),
      ]),
      valueInfo: new Map([...graph.valueInfo, [pixels.name, pixels]]),
    },
  });
  return { ...parseModel(bytes, model.name), scoring: model.scoring };
}
