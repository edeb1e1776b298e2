/** Which tensor answers a question that is not about the score of a class. */

import { CamError } from '../errors.js';
import { dominators } from './dominators.js';
import { exposeNodes } from './expose.js';
import { formatShape } from './format-shape.js';
import type { GraphFacts } from './graph-facts.js';
import type { Answer, Model, Shape } from './model.js';
import { isEmbedding, unknownOutput } from './score-output.js';
import { namesOf, unused } from './tensor-names.js';
import { descendants } from './walk.js';
import { makeNode } from './write.js';

/** What is asked of a model. */
export interface AskedAnswer {
  readonly answer: Answer;
  /** The output, or a tensor of the graph; missing: the first that fits. */
  readonly output?: string;
  /** For `outputs`: those that a function is computed from. */
  readonly outputs?: readonly string[];
}

/** Operators that make the class of each pixel, or its probability, of its logits. */
const deciding = new Set(
  'ArgMax Softmax LogSoftmax Sigmoid Identity Cast Squeeze Unsqueeze Greater GreaterOrEqual'.split(' '),
);

/**
 * The model, asked for something else than the score of a class.
 * @throws {CamError} `option` for an output that the model does not have; `target` where no output fits.
 */
export function withAnswer(facts: GraphFacts, asked: AskedAnswer): Model {
  const { model } = facts;
  const { answer } = asked;
  if (answer === 'outputs') return ofSeveral(facts, asked.outputs ?? []);
  const graphOutput =
    asked.output === undefined ? firstFitting(facts, answer) : expectTensor(facts, asked.output);
  expectNoSuppression(facts, graphOutput);
  const output = answer === 'pixels' ? beforeDecision(facts, graphOutput) : graphOutput;
  const others = model.graph.outputs.filter(({ name }) => name !== graphOutput);
  const shown = (name: string) => `"${name}" ${formatShape(facts.shapes.get(name))}`;
  const remarks =
    asked.output !== undefined || others.length === 0
      ? []
      : [
          `of ${others.length + 1} outputs ${shown(graphOutput)} is explained: the first that fits ${words[answer]}. The others: ${others.map(({ name }) => shown(name)).join(', ')}. Choose by "output" (--output NAME).`,
        ];
  return { ...model, scoring: { output, graphOutput, answer, remarks } };
}

const words: Record<Answer, string> = {
  value: 'a value',
  pixels: 'the pixels of a class',
  box: 'detections',
  like: 'an embedding',
  outputs: 'the target',
};

/** All numbers of several outputs as one row per picture. */
function ofSeveral(facts: GraphFacts, outputs: readonly string[]): Model {
  const { model } = facts;
  for (const name of outputs) expectTensor(facts, name);
  const names = namesOf(model.graph);
  const flat = outputs.map((_, i) => unused(`answer/flat_${i}`, names));
  const output = unused('answer/row', names);
  const extended = exposeNodes(model, [
    ...outputs.map((name, i) => makeNode('Flatten', [name], [flat[i]], { axis: 1 }, flat[i])),
    makeNode('Concat', flat, [output], { axis: 1 }, output),
  ]);
  return { ...extended, scoring: { output, graphOutput: outputs.join(', '), answer: 'outputs' } };
}

function expectTensor({ model, index }: GraphFacts, name: string): string {
  if (!index.producer(name)) throw unknownOutput(model, name);
  return name;
}

const long = (shape: Shape): Shape => shape.slice(1).filter((dim) => dim !== 1);

/** Whether a tensor of this shape can answer; of unknown shapes everything is believed. */
const fits: Record<Exclude<Answer, 'outputs'>, (shape: Shape) => boolean> = {
  value: (shape) => long(shape).length <= 1,
  like: (shape) => long(shape).length === 1,
  pixels: (shape) => shape.length === 4,
  box: (shape) => shape.length === 3 && shape[2] !== 4,
};

function firstFitting(facts: GraphFacts, answer: Exclude<Answer, 'outputs'>): string {
  const { model, shapes } = facts;
  const names = model.graph.outputs.map(({ name }) => name);
  const fitting = names.filter((name) => {
    const tensor = answer === 'pixels' ? beforeDecision(facts, name) : name;
    const shape = shapes.get(tensor);
    return facts.index.producer(name) && (!shape || fits[answer](shape));
  });
  const ofUnitLength = answer === 'like' ? fitting.find((name) => isEmbedding(facts, name)) : undefined;
  const [first] = fitting;
  const found = ofUnitLength ?? first;
  if (found !== undefined) return found;
  for (const name of names) expectNoSuppression(facts, name);
  const got = names.map((name) => `"${name}" ${formatShape(shapes.get(name))}`).join(', ');
  throw new CamError(
    'target',
    `${model.name}: expected an output for ${words[answer]} (${forms[answer]}), got ${got || 'none'}. Ask for another target, or name a tensor by "output" (--output NAME).`,
  );
}

const forms: Record<Exclude<Answer, 'outputs'>, string> = {
  value: '[n, D]',
  like: '[n, D]',
  pixels: '[n, C, H, W]',
  box: '[n, 4 + C, A], [n, A, 5 + C], or [n, Q, C] beside boxes [n, Q, 4]',
};

/** The logits of each pixel that a tensor was computed from. */
function beforeDecision({ index }: GraphFacts, output: string): string {
  let name = output;
  for (;;) {
    const node = index.producer(name);
    const [data] = node?.inputs ?? [];
    if (node?.domain !== '' || !deciding.has(node.opType) || !data || !index.producer(data)) return name;
    name = data;
  }
}

/** @throws {CamError} `target` for what went through non-maximum suppression, which passes no gradient. */
function expectNoSuppression({ model, index }: GraphFacts, output: string): void {
  const suppressing = index.order.filter(({ opType }) => /NonMaxSuppression|NMS/.test(opType));
  if (suppressing.length === 0) return;
  const made = suppressing.flatMap(({ outputs }) => outputs);
  const after = descendants(index, made).flatMap(({ outputs }) => outputs);
  if (![...made, ...after].includes(output)) return;
  const inputs = model.graph.inputs.slice(0, 1).map(({ name }) => name);
  const read = suppressing.flatMap((node) => node.inputs.slice(0, 2));
  const before = dominators(index, inputs, read).at(-1);
  const advice =
    before === undefined ? 'Export the model without it' : `Ask for the tensor before it: --output ${before}`;
  throw new CamError(
    'target',
    `output "${output}": expected detections before non-maximum suppression, got those that are left after it, which pass no gradient. ${advice}.`,
  );
}
