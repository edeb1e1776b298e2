/** Reverse-mode differentiation of an ONNX graph. */

import { type SharedModel, shareWeights } from './expose.js';
import { Builder, type Value } from './gradients/builder.js';
import { MergedForward } from './gradients/merged.js';
import { makeSeed } from './gradients/seed.js';
import { SeparateForward } from './gradients/separate.js';
import { survey } from './gradients/survey.js';
import { atFault, sweep, whyNone } from './gradients/sweep.js';
import { type GradientOptions, type GradientTask, gradientTask, type Score } from './gradients/task.js';
import type { Model, Node, ValueInfo } from './model.js';
import { unused } from './tensor-names.js';
import { WireWriter } from './wire-writer.js';
import { makeNode, writeGraphParts } from './write.js';

export type { TargetForm } from './gradients/seed.js';
export type { GradientOptions, Score } from './gradients/task.js';

interface Gradient {
  /**
   * The model that the names refer to: the argument, or the same without If nodes whose condition is known
   * before the run.
   */
  readonly model: Model;
  /** The tensor that is differentiated. */
  readonly score: string;
  /** The input that chooses the score; none for `predicted`. */
  readonly target: ValueInfo | undefined;
  /** Names of the outputs with dS/d(tensor), float32 and of the tensor's shape, by tensor. */
  readonly gradients: ReadonlyMap<string, string>;
  /** All inputs of `bytes`. */
  readonly inputs: readonly ValueInfo[];
  /** The ModelProto. */
  readonly bytes: Uint8Array;
}

/** A backward model that is run after the forward model. */
export interface SeparateGradient extends Gradient {
  /**
   * The forward model's file, if large weights are taken from it, as ONNX Runtime's `externalData` option
   * wants it. Weights that are external already stay so; their files must be given as well.
   */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Forward tensors that it is fed with, under their own names. */
  readonly taps: readonly string[];
  /** Inputs that take the shape of a forward tensor, int64, by that tensor. */
  readonly shapeTaps: ReadonlyMap<string, string>;
}

interface MergedOptions {
  readonly form: 'merged';
  /** Further tensors to make outputs, such as the layer and its scores. */
  readonly expose?: readonly string[];
}

/** The forward model with the backward pass behind it, at opset 17 or the model's own where that is newer. */
export type MergedGradient = Gradient;

/**
 * The vector-Jacobian product of the model's part between `wrt` and the score, as an ONNX graph.
 *
 * - `separate` (default): a model of its own, run after the forward model (see `tappedModel`). It is
 *   indifferent to the forward model's opset, and shares large weights with its file.
 * - `merged`: the model with the backward pass appended, for any ONNX runtime: one run gives scores and
 *   gradients. A model older than opset 17 is lifted to it, operator by operator.
 *
 * Only nodes between `wrt` and the score are visited. Batch and image size stay free where the model leaves
 * them free.
 *
 * @throws {CamError} `gradients` when an operator on the path has no rule or passes no gradient; `layer`
 *   for an unknown tensor; `option` for an empty `wrt`; `model` when scores cannot be found or an operator
 *   cannot be lifted.
 */
export function differentiate(
  model: Model,
  options: GradientOptions & { readonly form?: 'separate' },
): SeparateGradient;
export function differentiate(model: Model, options: GradientOptions & MergedOptions): MergedGradient;
export function differentiate(
  given: Model,
  options: GradientOptions & ({ readonly form?: 'separate' } | MergedOptions),
): SeparateGradient | MergedGradient {
  const task = gradientTask(given, options);
  const { model, index, facts, wanted, prefix, names } = task;
  const forward =
    options.form === 'merged'
      ? new MergedForward(model, index, facts, wanted, options.expose)
      : new SeparateForward(model, index, facts, wanted, prefix);
  const b = new Builder(prefix, forward);
  const { target = 'cotangent' } = options;
  const seed = makeSeed(b, task, target, unused(target === 'index' ? 'target' : target, names));
  const gradients = new Map(task.wrt.map((tensor) => [tensor, unused(`gradient/${tensor}`, names)]));
  const outputs = new Map<string, Value>();
  for (const [tensor, value] of sweep(b, task, seed.value))
    outputs.set(gradients.get(tensor) ?? tensor, value);
  return {
    model,
    score: task.score,
    target: seed.input,
    gradients,
    ...forward.finish(b, outputs, seed.input),
  };
}

/**
 * The forward model that feeds a separate gradient: its taps are outputs, shapes included.
 * @param outputs Further tensors wanted.
 */
export function tappedModel(gradient: SeparateGradient, outputs: readonly string[] = []): SharedModel {
  const { model, taps, shapeTaps } = gradient;
  const fed = new Set(model.graph.inputs.map(({ name }) => name));
  const { bytes, externalData } = shareWeights(
    model,
    [...taps, ...outputs].filter((name) => !fed.has(name)),
  );
  if (shapeTaps.size === 0) return { bytes, externalData };
  const graph = new WireWriter();
  writeGraphParts(graph, {
    nodes: Array.from(shapeTaps, ([tensor, name]) => makeNode('Shape', [tensor], [name], {}, name)),
    outputs: Array.from(shapeTaps.values(), (name) => ({ name })),
  });
  const w = new WireWriter();
  w.append(bytes);
  w.message(7, graph);
  return { bytes: w.finish(), externalData };
}

/**
 * For each tensor, why no gradient of the score reaches it: an operator on the path has no rule, or passes
 * none; `undefined` where one does. One sweep serves all tensors.
 *
 * @throws {CamError} `layer` for an unknown tensor; `option` for none; `model`.
 */
export function gradientObstacles(
  model: Model,
  tensors: readonly string[],
  score: Score = 'logit',
): ReadonlyMap<string, string | undefined> {
  const task = gradientTask(model, { wrt: tensors, score });
  const { reached, refused, barriers } = survey(task);
  const first = firstRefused(task, [...refused.keys()]);
  const shapes = { staticShape: (tensor: string) => task.facts.shapes.get(tensor) };
  const none = (tensor: string) => whyNone(task.score, tensor, barriers).message;
  return new Map(
    task.wrt.map((tensor) => {
      const node = first.get(tensor);
      const path = { score: task.score, wrt: [tensor] };
      if (node)
        return [tensor, atFault({ ...path, nodes: task.nodes }, node, refused.get(node), shapes).message];
      return [tensor, reached.has(tensor) ? undefined : none(tensor)];
    }),
  );
}

/** For each tensor, the first of `nodes` that depends on it. */
function firstRefused({ index }: GradientTask, nodes: readonly Node[]): ReadonlyMap<string, Node> {
  if (nodes.length === 0) return new Map();
  const rank = new Map(nodes.map((node, i) => [node, i]));
  const lowest = new Map<string, number>();
  const at = (tensor: string) => lowest.get(tensor) ?? Number.POSITIVE_INFINITY;
  for (const node of index.order.toReversed()) {
    const below = node.outputs.reduce(
      (least, output) => Math.min(least, at(output)),
      rank.get(node) ?? at(''),
    );
    if (below === Number.POSITIVE_INFINITY) continue;
    for (const input of index.reads(node)) lowest.set(input, Math.min(at(input), below));
  }
  return new Map(Array.from(lowest, ([tensor, i]) => [tensor, nodes[i]]));
}
