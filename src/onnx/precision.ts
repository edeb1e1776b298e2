/** Which floating point types a model computes in. */

import { type DataType, dataTypes, type Model } from './model.js';

const others: ReadonlySet<DataType | undefined> = new Set(['float16', 'bfloat16', 'float64']);

/** Whether float32 is the model's only floating point type. */
export function usesOnlySinglePrecision({ graph }: Model): boolean {
  const types: (DataType | undefined)[] = graph.inputs.map(({ dtype }) => dtype);
  for (const { dtype } of graph.initializers.values()) types.push(dtype);
  for (const { dtype } of graph.valueInfo.values()) types.push(dtype);
  for (const { attributes } of graph.nodes)
    for (const [name, attribute] of attributes)
      if (attribute.type === 'tensor') types.push(attribute.value.dtype);
      else if (attribute.type === 'int' && name === 'to') types.push(dataTypes[attribute.value]);
  return !types.some((dtype) => others.has(dtype));
}
