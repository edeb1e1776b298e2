/** Operators that turn class scores into labels, into maps from label to score, or into the best class. */

import type { GraphFacts } from './graph-facts.js';
import type { ConstantTensor, Graph, Model, Node, Scores } from './model.js';
import { readAgain } from './read-again.js';
import { ancestors, descendants, type GraphIndex } from './walk.js';
import { WireReader } from './wire.js';
import { writeModel } from './write.js';

/** The domain of ONNX's classical machine learning. */
const ML = 'ai.onnx.ml';

/** TensorProto's strings. */
const STRING_DATA = 6;

/** More operators than real tails have. */
const MOST_STEPS = 64;

export interface Labelled {
  /** The tensor of scores. */
  readonly tensor: string;
  readonly labels?: readonly string[];
}

/**
 * The tensor of scores that an output is computed from: that before ZipMap, LabelEncoder,
 * ArrayFeatureExtractor, Gather of labels and ArgMax, else the output itself. Labels are those that these
 * operators hold.
 */
export function scoresBefore({ index }: Pick<GraphFacts, 'index'>, output: string): Labelled {
  let found: Labelled = { tensor: output };
  let name = output;
  for (let step = 0; step < MOST_STEPS; step++) {
    const node = index.producer(name);
    if (!node) break;
    const label = labelling(node, name, index);
    const next = label?.tensor ?? (keepsScores(node) ? node.inputs[0] : undefined);
    if (next === undefined || next === name) break;
    if (label) found = { tensor: next, labels: found.labels ?? label.labels };
    name = next;
  }
  return found;
}

const keepingScores = new Set(['Identity', 'Cast', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten']);
const keepsScores = ({ opType, domain }: Node): boolean => domain === '' && keepingScores.has(opType);

/** The scores or the class that a labelling operator reads, and the labels that it holds. */
function labelling(node: Node, output: string, index: GraphIndex): Labelled | undefined {
  const [first = '', second = ''] = node.inputs;
  if (node.domain === '') {
    if (node.opType === 'ArgMax') return { tensor: first };
    const names = node.opType === 'Gather' ? labelsIn(index, first) : undefined;
    return names && { tensor: second, labels: names };
  }
  if (node.domain !== ML) return undefined;
  switch (node.opType) {
    case 'ZipMap':
      return { tensor: first, labels: classLabels(node) };
    case 'LabelEncoder':
      return { tensor: first, labels: encoded(node) };
    case 'ArrayFeatureExtractor': {
      const names = labelsIn(index, first);
      return names ? { tensor: second, labels: names } : undefined;
    }
    case 'LinearClassifier':
    case 'SVMClassifier':
    case 'TreeEnsembleClassifier': {
      const [label, scores] = node.outputs;
      return output === label && scores ? { tensor: scores, labels: classLabels(node) } : undefined;
    }
    default:
      return undefined;
  }
}

function classLabels(node: Node): readonly string[] | undefined {
  const names = node.attributes.get('classlabels_strings') ?? node.attributes.get('classes_strings');
  if (names?.type === 'strings' && names.value.length > 0) return names.value;
  const numbers = node.attributes.get('classlabels_int64s');
  if (numbers?.type !== 'ints' || numbers.value.every((value, c) => value === c)) return undefined;
  return numbers.value.map(String);
}

/** Names of the classes 0, 1, … where the encoder has one for each. */
function encoded(node: Node): readonly string[] | undefined {
  const keys = node.attributes.get('keys_int64s');
  const values = node.attributes.get('values_strings');
  if (keys?.type !== 'ints' || values?.type !== 'strings') return classLabels(node);
  const byKey = new Map(keys.value.map((key, i) => [key, values.value[i]]));
  const labels = keys.value.map((_, c) => byKey.get(c));
  return labels.every((label) => label !== undefined) ? labels : undefined;
}

function labelsIn(index: GraphIndex, name: string): readonly string[] | undefined {
  const tensor = index.constant(name);
  if (tensor?.dtype !== 'string' || tensor.external) return undefined;
  const strings = stringsOf(tensor);
  return strings.length > 0 ? strings : undefined;
}

function stringsOf({ name, proto }: ConstantTensor): readonly string[] {
  const strings: string[] = [];
  for (const r = new WireReader(name, proto, 0, proto.length, false); r.next(); )
    if (r.field === STRING_DATA) strings.push(r.string());
    else r.skip();
  return strings;
}

/**
 * The model without labelling operators, which ONNX Runtime for browsers lacks; the same model where it has
 * none. The tensor of scores replaces the output that was computed from it.
 */
export function withoutLabelling({
  model,
  index,
  scores,
}: Pick<GraphFacts, 'model' | 'index'> & { readonly scores: Scores }): Model {
  const { graph, scoring } = model;
  const isLabelling = ({ domain }: Node) => domain === ML;
  if (!graph.nodes.some(isLabelling)) return model;
  const { output, graphOutput } = scores;
  const labelled = graph.nodes.filter(isLabelling).flatMap(({ outputs }) => outputs);
  const labels = new Set([...labelled, ...descendants(index, labelled).flatMap(({ outputs }) => outputs)]);
  const outputs = graph.outputs.flatMap((info) => {
    if (info.name === graphOutput) return [graph.valueInfo.get(output) ?? { name: output }];
    return info.name === output || labels.has(info.name) ? [] : [info];
  });
  const wanted = new Set(
    ancestors(
      index,
      outputs.map(({ name }) => name),
    ),
  );
  const nodes = graph.nodes.filter((node) => wanted.has(node));
  const read = new Set(nodes.flatMap((node) => [...index.reads(node)]));
  const initializers = new Map([...graph.initializers].filter(([name]) => read.has(name)));
  const opsets = new Map([...model.opsets].filter(([domain]) => domain !== ML || nodes.some(isLabelling)));
  const left: Graph = { ...graph, nodes, outputs, initializers };
  return {
    ...readAgain(model, writeModel({ ...model, opsets, graph: left })),
    scoring: {
      ...scoring,
      ...(scoring?.output !== undefined && { output }),
      graphOutput,
      ...(scores.labels && { graphLabels: scores.labels }),
    },
  };
}
