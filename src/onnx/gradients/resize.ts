/** Resize and Upsample: the transposed interpolation matrix along each axis whose length changes. */

import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import { axisIn, range, rankOf } from './axes.js';
import type { Builder, Value } from './builder.js';
import { type Interpolation, interpolationMatrix, type ResizedAxis } from './interpolation.js';
import { type GradientRules, notCovered, ofOutput } from './rule.js';

const resize = ofOutput((node, g, b) => {
  const [x] = node.inputs;
  const rank = rankOf(node, x, b);
  const how = interpolationOf(node, b);
  const matrices = axesOf(node, g, b).map(
    ([axis, along]) => [axis, interpolationMatrix(how, along, b)] as const,
  );
  // The last axis first: its product is the cheapest.
  const cotangent = matrices.reduceRight((sum, [axis, matrix]) => multiplied(sum, matrix, axis, rank, b), g);
  return [b.stated(cotangent, b.staticShape(x))];
});

/** `[…, out, …]` → `[…, in, …]` by a matrix `[out, in]`. */
function multiplied(g: Value, matrix: Value, axis: number, rank: number, b: Builder): Value {
  if (axis === rank - 1) return b.op('MatMul', [g, matrix]);
  if (axis === rank - 2) return b.op('MatMul', [b.transpose(matrix, [1, 0]), g]);
  const swapped = range(0, rank).map((i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return b.transpose(b.op('MatMul', [b.transpose(g, swapped), matrix]), swapped);
}

function isOld(node: Node, b: Builder): boolean {
  return node.opType === 'Upsample' || b.opset < 11;
}

function interpolationOf(node: Node, b: Builder): Interpolation {
  const mode = stringAttribute(node, 'mode', 'nearest');
  const old = isOld(node, b);
  return {
    mode: mode === 'linear' || mode === 'cubic' ? mode : 'nearest',
    coordinates: old ? 'asymmetric' : stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel'),
    rounding: old ? 'simple' : stringAttribute(node, 'nearest_mode', 'round_prefer_floor'),
    cubic: floatAttribute(node, 'cubic_coeff_a', -0.75),
    excludesOutside: intAttribute(node, 'exclude_outside', 0) === 1,
    antialias: intAttribute(node, 'antialias', 0) === 1,
  };
}

/** The axes that may change, in order. */
function axesOf(node: Node, g: Value, b: Builder): readonly (readonly [number, ResizedAxis])[] {
  const [x, second, third, sizes] = node.inputs;
  const old = isOld(node, b);
  const shape = b.staticShape(x) ?? [];
  const listed = intsAttribute(node, 'axes')?.map((axis) => axisIn(node, axis, shape.length));
  const axes = listed ?? range(0, shape.length);
  const inLengths = axes.map((axis) => lengthAt(shape[axis], () => b.shapeOf(x), axis, b));
  const outLengths = axes.map((axis) => lengthAt(g.shape?.[axis], () => b.op('Shape', [g]), axis, b));
  const factors = scalesOf(node, old ? second : third, axes.length, b);
  if (factors && factors.length !== axes.length)
    throw notCovered(node, `a scale for each of ${axes.length} axes`, `${factors.length}`);
  const ratio = (to: Value, i: number) => b.div(b.cast(to, 'float32'), b.cast(inLengths[i], 'float32'));
  const common = factors ? undefined : keptAspect(node, sizes, axes.length, ratio, b);
  const crops = stringAttribute(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  const roi = crops && !old && second ? b.numbers(second) : undefined;
  if (roi && roi.length !== 2 * axes.length)
    throw notCovered(node, `a region of ${2 * axes.length} numbers`, `${roi.length}`);

  return axes.flatMap((axis, i) => {
    const keepsLength = factors
      ? factors[i].elements?.[0] === 1
      : shape[axis] !== undefined && shape[axis] === g.shape?.[axis];
    const region = crops ? regionOf(i) : undefined;
    const isWhole = !crops || (roi?.[i] === 0 && roi[i + axes.length] === 1);
    if (keepsLength && isWhole) return [];
    const scale = factors?.[i] ?? common ?? ratio(outLengths[i], i);
    return [[axis, { inLength: inLengths[i], outLength: outLengths[i], scale, roi: region }] as const];
  });

  function regionOf(i: number): readonly [Value, Value] {
    const end = (at: number) => b.op('Gather', [b.forward(second), b.ints([at], [])], { axis: 0 });
    return roi ? [b.scalar(roi[i]), b.scalar(roi[i + axes.length])] : [end(i), end(i + axes.length)];
  }
}

/** The scale of each axis, where scales are given rather than sizes. */
function scalesOf(
  node: Node,
  tensor: string | undefined,
  count: number,
  b: Builder,
): readonly Value[] | undefined {
  const attribute = node.attributes.get('scales');
  const numbers = attribute?.type === 'floats' ? attribute.value : b.numbers(tensor);
  if (numbers) return numbers.length > 0 ? numbers.map((scale) => b.scalar(scale)) : undefined;
  if (!tensor) return undefined;
  const scales = b.forward(tensor);
  return range(0, count).map((i) => b.op('Gather', [scales, b.ints([i], [])], { axis: 0 }));
}

/**
 * The one scale of all axes under a `keep_aspect_ratio_policy`: the smallest or the largest that the sizes
 * ask for.
 */
function keptAspect(
  node: Node,
  sizes: string,
  count: number,
  ratio: (to: Value, i: number) => Value,
  b: Builder,
): Value | undefined {
  const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return undefined;
  const ratios = range(0, count).map((i) =>
    ratio(b.op('Gather', [b.forward(sizes, 'int64'), b.ints([i], [])], { axis: 0 }), i),
  );
  return b.op(policy === 'not_larger' ? 'Min' : 'Max', ratios);
}

/** An int64 scalar. */
function lengthAt(known: number | string | undefined, shape: () => Value, axis: number, b: Builder): Value {
  return typeof known === 'number'
    ? b.ints([known], [])
    : b.op('Gather', [shape(), b.ints([axis], [])], { axis: 0 });
}

export const rules: GradientRules = { Resize: resize, Upsample: resize };
