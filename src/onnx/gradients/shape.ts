/** Operators that rearrange, repeat or join elements without choosing among them. */

import { intAttribute, intsAttribute, stringAttribute } from '../attributes.js';
import type { Node } from '../model.js';
import { sum } from '../shapes/rule.js';
import { axisOf, type Length, lengthOf, lengthsOf, rankOf, zerosLike } from './axes.js';
import type { Builder } from './builder.js';
import { padded } from './place.js';
import { type GradientRule, type GradientRules, ofOutput } from './rule.js';

/** The same elements in another shape. */
const reshape = ofOutput(({ inputs }, g, b) => [b.reshapeLike(g, inputs[0])]);

/**
 * Squeeze and Unsqueeze undo each other, which needs no lengths.
 * @param opposite Of the operator, where axes are given.
 */
function lengthsOfOne(opposite: 'Squeeze' | 'Unsqueeze'): GradientRule {
  return ofOutput((node, g, b) => {
    const axes = intsAttribute(node, 'axes') ?? b.numbers(node.inputs[1]);
    return [axes ? b.op(opposite, [g, b.ints(axes)]) : b.reshapeLike(g, node.inputs[0])];
  });
}

const transpose = ofOutput((node, g, b) => {
  const perm = intsAttribute(node, 'perm');
  if (!perm) return [b.op('Transpose', [g])];
  return [
    b.transpose(
      g,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ];
});

const expand = ofOutput(({ inputs }, g, b) => [b.sumTo(g, inputs[0])]);

/** Each axis that is repeated is split into (repetition, position), and the repetitions are summed. */
const tile = ofOutput((node, g, b) => {
  const [input, repeats] = node.inputs;
  const known = b.numbers(repeats);
  const times = (axis: number): Length =>
    known?.[axis] ?? b.op('Gather', [b.forward(repeats, 'int64'), b.ints([axis])], { axis: 0 });
  const split: Length[] = [];
  const repetitions: number[] = [];
  for (const [axis, length] of lengthsOf(node, input, b).entries()) {
    const count = times(axis);
    if (count !== 1) {
      repetitions.push(split.length);
      split.push(count);
    }
    split.push(length);
  }
  if (repetitions.length === 0) return [g];
  return [b.reduceSum(b.reshape(g, b.vector(oneOpen(split))), repetitions, false)];
});

/** Lengths of which one, the first that is not known, is left to Reshape. */
function oneOpen(lengths: readonly Length[]): readonly Length[] {
  const open = lengths.findIndex((length) => typeof length !== 'number');
  return open < 0 ? lengths : lengths.with(open, -1);
}

const concat = ofOutput((node, g, b) => {
  const axis = axisOf(node, 1, b);
  const lengths = node.inputs.map((input) => lengthOf(input, axis, b));
  const wanted = node.inputs.flatMap((input, i) => (b.wants(input) ? [i] : []));
  const isKnown = lengths.every((length) => typeof length === 'number');
  if (wanted.length > 1 || !isKnown) return b.ops('Split', [g, b.vector(lengths)], lengths.length, { axis });
  // A single part is cut out without copying the others.
  const start = lengths.slice(0, wanted[0]).reduce((sum, length) => sum + length, 0);
  const part = [start, start + lengths[wanted[0]], axis].map((at) => b.ints([at]));
  return node.inputs.map((_, i) => (i === wanted[0] ? b.op('Slice', [g, ...part]) : undefined));
});

/**
 * A part that the score does not depend on has a cotangent of zeros: around one part alone, or beside
 * several.
 */
const split: GradientRule = (node, cotangents, b) => {
  const axis = axisOf(node, 0, b);
  const used = cotangents.flatMap((cotangent, i) => (cotangent ? [i] : []));
  const only = used.length === 1 ? cotangents[used[0]] : undefined;
  const around = only && cutAway(node, used[0], axis, b);
  if (around) return [padded(only, around, { axis, rank: rankOf(node, node.inputs[0], b) }, b)];
  const parts = node.outputs.map((output, i) => cotangents[i] ?? zerosLike(output, b));
  return [b.op('Concat', parts, { axis })];
};

/** How much lies before and behind a part, where that is known. */
function cutAway(node: Node, part: number, axis: number, b: Builder): readonly [number, number] | undefined {
  const length = (tensor: string) => b.staticShape(tensor)?.[axis];
  const before = sum(node.outputs.slice(0, part).map(length));
  const total = length(node.inputs[0]);
  const own = length(node.outputs[part]);
  if (typeof before !== 'number' || typeof total !== 'number' || typeof own !== 'number') return undefined;
  return [before, total - before - own];
}

/**
 * Undone by SpaceToDepth; in mode CRD the blocks' offsets are the faster index among channels, not the
 * slower.
 */
const depthToSpace = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const blocksize = intAttribute(node, 'blocksize', 1);
  const moved = b.op('SpaceToDepth', [g], { blocksize });
  if (stringAttribute(node, 'mode', 'DCR') === 'DCR') return [moved];
  const offsets = b.op('Reshape', [
    moved,
    b.vector([0, blocksize ** 2, channels(input, blocksize ** 2, b), -1]),
  ]);
  return [b.reshapeLike(b.transpose(offsets, [0, 2, 1, 3]), input)];
});

/** The number of channels that `blocks` of them make one of. */
function channels(input: string, blocks: number, b: Builder): Length {
  const length = lengthOf(input, 1, b);
  return typeof length === 'number' ? length / blocks : b.div(length, b.ints([blocks]));
}

const spaceToDepth = ofOutput((node, g, b) => [
  b.op('DepthToSpace', [g], { blocksize: intAttribute(node, 'blocksize', 1), mode: 'DCR' }),
]);

export const rules: GradientRules = {
  Flatten: reshape,
  Reshape: reshape,
  Squeeze: lengthsOfOne('Unsqueeze'),
  Unsqueeze: lengthsOfOne('Squeeze'),
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  Concat: concat,
  Split: split,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
