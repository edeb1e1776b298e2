/** The part of a graph that is differentiated. */

import { CamError } from '../../errors.js';
import { nearestNames } from '../../names.js';
import { resolveBranches } from '../branches.js';
import type { Graph, Model } from '../model.js';
import { analyse, type Network } from '../network.js';
import { explainedTensor } from '../scores.js';
import { inferTensors, type StaticTensors } from '../shapes.js';
import { namesOf, unusedPrefix } from '../tensor-names.js';
import { ancestors, descendants, type GraphIndex } from '../walk.js';
import type { SeedScore, TargetForm } from './seed.js';
import type { GradientPath } from './sweep.js';

/**
 * What is differentiated: the scores before a final Softmax, LogSoftmax or Sigmoid (`logit`), the model's own
 * output (`probability`), or a tensor of the graph.
 */
export type Score = 'logit' | 'probability' | { readonly tensor: string };

export interface GradientOptions {
  /** Tensors to differentiate with respect to: layers, inputs, or initialisers (weights). At least one. */
  readonly wrt: readonly string[];
  /** @default 'logit' */
  readonly score?: Score;
  /** @default 'cotangent' */
  readonly target?: TargetForm;
}

export interface GradientTask extends GradientPath, SeedScore {
  readonly model: Model;
  readonly index: GraphIndex;
  readonly facts: StaticTensors;
  readonly wanted: ReadonlySet<string>;
  /** The names of all tensors of the graph. */
  readonly names: ReadonlySet<string>;
  /** A prefix that none of them has. */
  readonly prefix: string;
}

/**
 * @param label Prefix of the names of new tensors, led by underscores where a tensor has it.
 * @throws {CamError} `layer` for an unknown tensor; `option` for an empty `wrt`; `model` when scores cannot
 *   be found.
 */
export function gradientTask(
  given: Model,
  { wrt, score = 'logit' }: GradientOptions,
  label = 'backward/',
): GradientTask {
  const model = resolveBranches(given);
  const network = analyse(model);
  const { index } = network;
  const facts = inferTensors({ ...model, graph: withNamedLengths(model.graph) });
  const found = scoreTensor(network, facts.shapes, score);
  const differentiated = found.score;
  const names = namesOf(model.graph);
  if (wrt.length === 0)
    throw new CamError('option', 'gradient: expected at least one tensor to differentiate by, got none.');
  for (const tensor of [...wrt, differentiated]) if (!names.has(tensor)) throw unknownTensor(tensor, names);
  const reached = new Set(descendants(index, wrt));
  const wanted = new Set(wrt);
  for (const { outputs } of reached) for (const name of outputs) wanted.add(name);
  const prefix = unusedPrefix(label, names);
  const nodes = ancestors(index, differentiated).filter((node) => reached.has(node));
  return { model, index, facts, wanted, names, prefix, ...found, wrt: [...new Set(wrt)], nodes };
}

function scoreTensor(network: Network, shapes: StaticTensors['shapes'], score: Score): SeedScore {
  const { batch } = network;
  if (typeof score === 'object') return { score: score.tensor, named: true, batch };
  return { ...explainedTensor(network.scores, { shapes, batch }, score), batch };
}

const withNames = new WeakMap<Graph, Graph>();

/** Unknown lengths of inputs get a name, so that equal lengths are known to be equal. */
function withNamedLengths(graph: Graph): Graph {
  const isNamed = graph.inputs.every(({ shape }) => shape?.every((dim) => dim !== undefined) ?? true);
  const made = withNames.get(graph) ?? (isNamed ? graph : nameLengths(graph));
  withNames.set(graph, made);
  return made;
}

function nameLengths(graph: Graph): Graph {
  const inputs = graph.inputs.map((info) => {
    if (!info.shape) return info;
    return { ...info, shape: info.shape.map((dim, axis) => dim ?? `${info.name}:${axis}`) };
  });
  const valueInfo = new Map([...graph.valueInfo, ...inputs.map((info) => [info.name, info] as const)]);
  return { ...graph, inputs, valueInfo };
}

function unknownTensor(tensor: string, names: ReadonlySet<string>): CamError {
  const nearest = nearestNames(tensor, [...names]).map((name) => `"${name}"`);
  return new CamError(
    'layer',
    `layer "${tensor}": the model has no such tensor. Nearest tensors: ${nearest.join(', ')}.`,
  );
}
