/** Gather and related operators: cotangents add up at the positions that elements were taken from. */

import { intAttribute, stringAttribute } from '../attributes.js';
import { MAX_LISTED } from '../limits.js';
import type { Node } from '../model.js';
import { normalAxis } from '../shapes/rule.js';
import { axisOf, lengthOf, lengthsOf, range, rankOf, zerosLike } from './axes.js';
import type { Builder, Value } from './builder.js';
import { padded, placed, takers } from './place.js';
import { notCovered, ofOutput } from './rule.js';

/** Where a position was taken more often than this, cotangents are scattered instead. */
const MAX_ROUNDS = 4;

/**
 * Indices that are known before the run become padding or an inverse gather, others a scatter that adds up.
 */
export const gather = ofOutput((node, g, b) => {
  const [input, indices] = node.inputs;
  const rank = rankOf(node, input, b);
  const axis = axisOf(node, 0, b);
  const length = lengthOf(input, axis, b);
  const known = b.numbers(indices) ?? constantIndices(indices, b);
  const indexRank = b.rank(indices);
  if (!known || typeof length !== 'number' || length > MAX_LISTED) return [scattered(node, g, axis, b)];
  const positions = known.map((index) => normalAxis(index, length));
  const outside = positions.find((position) => !(position >= 0 && position < length));
  if (outside !== undefined) throw notCovered(node, `indices below ${length}`, `${outside}`);
  if (indexRank === 0) {
    const [position] = positions;
    const row = b.op('Unsqueeze', [g, b.ints([axis])]);
    return [padded(row, [position, length - 1 - position], { axis, rank }, b)];
  }
  const sources = takers(positions, length);
  if (sources.some((list) => list.length > MAX_ROUNDS)) return [scattered(node, g, axis, b)];
  return [placed(indexRank === 1 ? g : flatIndices(node, g, axis, b), sources, { axis, rank }, b)];
});

/** Indices of a constant that is too large to be folded. */
function constantIndices(tensor: string, b: Builder): readonly number[] | undefined {
  const constant = b.constant(tensor);
  if (!constant || constant.external) return undefined;
  return Array.from<number | bigint, number>(constant.data(), Number);
}

/** The axes of the indices as one. */
function flatIndices(node: Node, g: Value, axis: number, b: Builder): Value {
  return b.reshape(g, b.vector(lengthsOf(node, node.inputs[0], b).with(axis, -1)));
}

function scattered(node: Node, g: Value, axis: number, b: Builder): Value {
  const [input, indices] = node.inputs;
  const rows = b.rank(indices) === 1 ? g : flatIndices(node, g, axis, b);
  const behind = range(axis + 1, rankOf(node, input, b)).map(() => 1);
  const column = b.op('Reshape', [b.forward(indices, 'int64'), b.ints([-1, ...behind])]);
  const everywhere = b.op('Expand', [column, b.op('Shape', [rows])]);
  return b.op('ScatterElements', [zerosLike(input, b), everywhere, rows], { axis, reduction: 'add' });
}

export const gatherElements = ofOutput((node, g, b) => {
  const [input, indices] = node.inputs;
  const axis = intAttribute(node, 'axis', 0);
  const places = b.forward(indices, 'int64');
  return [b.op('ScatterElements', [zerosLike(input, b), places, g], { axis, reduction: 'add' })];
});

/** The values' cotangents go back to where they were; places carry none. */
export const topK = ofOutput((node, g, b) => {
  const [input] = node.inputs;
  const [, places] = node.outputs;
  if (!places) throw notCovered(node, 'its second output, the indices', 'none');
  const axis = intAttribute(node, 'axis', -1);
  // Each place is taken once.
  return [b.op('ScatterElements', [zerosLike(input, b), b.forward(places, 'int64'), g], { axis })];
});

export const gatherND = ofOutput((node, g, b) => {
  const [input, indices] = node.inputs;
  const batchAxes = intAttribute(node, 'batch_dims', 0);
  if (batchAxes !== 0) throw notCovered(node, 'batch_dims 0', `${batchAxes}`);
  return [b.op('ScatterND', [zerosLike(input, b), b.forward(indices, 'int64'), g], { reduction: 'add' })];
});

/** Overwritten elements pass nothing; those that were added to do. */
export const scatterElements = ofOutput((node, g, b) => {
  const [, indices, updates] = node.inputs;
  const axis = intAttribute(node, 'axis', 0);
  const places = b.forward(indices, 'int64');
  const kept = isOverwriting(node)
    ? b.op('ScatterElements', [g, places, zerosLike(updates, b)], { axis })
    : g;
  return [kept, undefined, b.op('GatherElements', [g, places], { axis })];
});

export const scatterND = ofOutput((node, g, b) => {
  const [, indices, updates] = node.inputs;
  const places = b.forward(indices, 'int64');
  const kept = isOverwriting(node) ? b.op('ScatterND', [g, places, zerosLike(updates, b)]) : g;
  return [kept, undefined, b.op('GatherND', [g, places])];
});

function isOverwriting(node: Node): boolean {
  const reduction = stringAttribute(node, 'reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') throw notCovered(node, 'reduction none or add', reduction);
  return reduction === 'none';
}
