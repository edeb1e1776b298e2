/** The target layers of segmentation and detection: one per scale at which the answer leaves the maps. */

import { dominators } from './dominators.js';
import type { FeatureMap } from './feature-map.js';
import { formatShape } from './format-shape.js';
import type { GraphFacts } from './graph-facts.js';
import type { Scores } from './model.js';
import { forUsualPicture } from './picture.js';
import { inferShapes } from './shapes.js';

interface AnswerFacts extends GraphFacts {
  readonly scores: Scores;
  readonly featureMaps: readonly FeatureMap[];
}

/** Operators that leave a map of scores what it is. */
const keepsAnswer = new Set(
  'Resize Upsample Sigmoid Softmax LogSoftmax Identity Cast Dropout Slice Clip Add Sub Mul Div Neg'.split(
    ' ',
  ),
);

/**
 * At each scale, the last feature map that all of the answer flows through, in graph order.
 * @returns none where no map leads to the answer
 */
export function answerLayers(facts: AnswerFacts): readonly (FeatureMap & { readonly reason: string })[] {
  const { model, index } = facts;
  const shapes = inferShapes(forUsualPicture(model));
  const sizeOf = (name: string) => String(shapes.get(name)?.slice(2));
  const maps = ofThePicture(facts, sizeOf);
  const inputs = model.graph.inputs.slice(0, 1).map(({ name }) => name);
  const scales = exitsByScale(facts, maps, sizeOf);
  const chosen = new Set<string>();
  for (const exits of scales) {
    const ends = exits.map((name) => source(name));
    const last = dominators(index, inputs, ends).findLast((name) => maps.has(name)) ?? ends[0];
    chosen.add(last);
  }
  const flow = facts.scores.answer === 'box' ? 'all detections flow' : 'all of the answer flows';
  const which = `is the last feature map ${chosen.size > 1 ? 'of its scale ' : ''}that ${flow} through.`;
  return [...maps.values()]
    .filter(({ name }) => chosen.has(name))
    .map((map) => ({ ...map, reason: `"${map.name}" (${map.opType} ${formatShape(map.shape)}) ${which}` }));

  /** The map that a map of scores was made of by resizing, cutting, scaling or normalising. */
  function source(exit: string): string {
    let name = exit;
    for (;;) {
      const node = index.producer(name);
      const [data = '', ...others] = node?.inputs.filter((input) => input && !index.constant(input)) ?? [];
      if (!node || !keepsAnswer.has(node.opType) || others.length > 0 || !maps.has(data)) return name;
      name = data;
    }
  }
}

/** The maps that lead to no other map, together with those of their size. */
function exitsByScale(
  { index }: AnswerFacts,
  maps: ReadonlyMap<string, FeatureMap>,
  sizeOf: (name: string) => string,
): readonly (readonly string[])[] {
  const leading = new Set<string>();
  const scales = new Map<string, string[]>();
  for (const node of index.order.toReversed()) {
    const leads = node.outputs.some((name) => maps.has(name) || leading.has(name));
    for (const name of node.outputs) {
      if (!maps.has(name) || leading.has(name)) continue;
      const size = sizeOf(name);
      scales.set(size, [...(scales.get(size) ?? []), name]);
    }
    if (leads) for (const name of index.reads(node)) leading.add(name);
  }
  return [...scales.values()];
}

/**
 * The maps, by name, without what a detector computes of its anchors by convolutions `[n, 1, 4, A]`: these
 * have a size that no map has which comes from the picture by maps alone.
 */
function ofThePicture(
  { model, index, featureMaps }: AnswerFacts,
  sizeOf: (name: string) => string,
): ReadonlyMap<string, FeatureMap> {
  const all = featureMaps.filter(({ layout }) => layout.kind === 'nchw');
  const direct = new Set(model.graph.inputs.map(({ name }) => name));
  const sizes = new Set<string>();
  for (const { name } of all) {
    if (!index.producer(name)?.inputs.some((input) => direct.has(input))) continue;
    direct.add(name);
    sizes.add(sizeOf(name));
  }
  return new Map(all.filter(({ name }) => sizes.has(sizeOf(name))).map((map) => [map.name, map]));
}
