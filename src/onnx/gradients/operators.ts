/** The operators that backward graphs are made of. */

import { intAttribute } from '../attributes.js';
import { type DataType, dataTypes, type Node } from '../model.js';

/**
 * Backward graphs of their own are written at this opset; forward graphs are lifted to it where they are
 * older.
 */
export const EMISSION_OPSET = 17;

/**
 * Operators that mean the same from opset 17 to 22, so that a backward graph may be appended to a model of
 * any of them. Reductions other than ReduceSum are missing (their axes became an input at 18; ReduceProd is
 * here for the reduction over all axes only); Pad takes no axes and Split always its lengths.
 */
export type Operator =
  | 'Abs'
  | 'Add'
  | 'And'
  | 'ArgMax'
  | 'ArgMin'
  | 'AveragePool'
  | 'Cast'
  | 'Ceil'
  | 'Clip'
  | 'Concat'
  | 'ConstantOfShape'
  | 'Conv'
  | 'ConvTranspose'
  | 'Cos'
  | 'CumSum'
  | 'DepthToSpace'
  | 'Div'
  | 'Einsum'
  | 'Equal'
  | 'Erf'
  | 'Exp'
  | 'Expand'
  | 'Flatten'
  | 'Floor'
  | 'Gather'
  | 'GatherElements'
  | 'GatherND'
  | 'Gemm'
  | 'GlobalMaxPool'
  | 'Greater'
  | 'GreaterOrEqual'
  | 'Identity'
  | 'If'
  | 'LayerNormalization'
  | 'Less'
  | 'LessOrEqual'
  | 'Log'
  | 'MatMul'
  | 'Max'
  | 'MaxPool'
  | 'Min'
  | 'Mod'
  | 'Mul'
  | 'Neg'
  | 'NonZero'
  | 'Not'
  | 'OneHot'
  | 'Or'
  | 'Pad'
  | 'Pow'
  | 'Range'
  | 'Reciprocal'
  | 'ReduceProd'
  | 'ReduceSum'
  | 'Relu'
  | 'Reshape'
  | 'Resize'
  | 'Scan'
  | 'ScatterElements'
  | 'ScatterND'
  | 'Shape'
  | 'Sigmoid'
  | 'Sign'
  | 'Sin'
  | 'Slice'
  | 'Softmax'
  | 'Softplus'
  | 'SpaceToDepth'
  | 'Split'
  | 'Sqrt'
  | 'Squeeze'
  | 'Sub'
  | 'Sum'
  | 'Tanh'
  | 'Tile'
  | 'Transpose'
  | 'Trilu'
  | 'Unsqueeze'
  | 'Where';

const toInt64 = new Set(['Shape', 'ArgMax', 'ArgMin', 'NonZero']);

const toBool = new Set([
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'],
  ...['And', 'Or', 'Not'],
]);

/** The input whose element type the output has, where that is not the first. */
const typedBy: ReadonlyMap<string, number> = new Map([
  ['Where', 1],
  ['OneHot', 2],
]);

/** Element types of a node's outputs. */
export function outputTypes(
  node: Node,
  inputs: readonly ({ readonly dtype: DataType } | undefined)[],
): readonly DataType[] {
  const body = node.attributes.get('body') ?? node.attributes.get('then_branch');
  return node.outputs.map((_, i) => {
    if (body?.type === 'graph') return body.value.outputs[i]?.dtype ?? 'undefined';
    if (toInt64.has(node.opType) || (node.opType === 'MaxPool' && i === 1)) return 'int64';
    if (toBool.has(node.opType)) return 'bool';
    if (node.opType === 'Cast') return dataTypes[intAttribute(node, 'to', 1)] ?? 'undefined';
    if (node.opType === 'ConstantOfShape') {
      const fill = node.attributes.get('value');
      return fill?.type === 'tensor' ? fill.value.dtype : 'float32';
    }
    return inputs[typedBy.get(node.opType) ?? 0]?.dtype ?? 'float32';
  });
}
