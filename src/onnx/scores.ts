/** Class scores: which tensor holds them, and what they mean. */

import { CamError } from '../errors.js';
import type { GraphFacts } from './graph-facts.js';
import { scoresBefore } from './labelled.js';
import type { Activation, Model, Scores, Scoring, Shape } from './model.js';
import { type Normalised, normalisedBy, unwrapped } from './probability.js';
import { chooseOutput } from './score-output.js';
import { classesOf } from './score-shape.js';

/** The model with options for its scores: the output that holds them, and their activation. */
export function withScoring(model: Model, scoring: Scoring): Model {
  return { ...model, scoring };
}

/**
 * What a model's scores are, and what they mean: see `classScores`.
 * @throws {CamError} `target` where no output can be class scores, with the reason; `option` for an output
 *   that the model does not have, and an activation that contradicts the graph.
 */
export function findScores(facts: GraphFacts): Scores {
  const { model, shapes } = facts;
  const { scoring = {} } = model;
  if (scoring.answer) return answered(facts, scoring);
  const { output: name, remarks } = chooseOutput(facts);
  const { tensor: output } = scoresBefore(facts, name);
  const labels = scoring.graphLabels ?? labelsFor(facts, output);
  const sibling = activationElsewhere(facts, output);
  const given = scoring.positions ? undefined : normalisedBy(facts, output);
  const found = given && expectActivation(given, scoring);
  const isOneLogit = classesOf(shapes.get(output), facts.batch) === 1;
  return {
    graphOutput: scoring.graphOutput ?? name,
    output,
    logits: found?.logits ?? output,
    ...(found?.normalisation && { normalisation: found.normalisation }),
    ...meaning(found, scoring.activation ?? sibling, isOneLogit),
    scale: found?.scale ?? 1,
    ...signsOf(found, isOneLogit),
    onePerPass: isOfOnePicture(model, shapes.get(output)),
    ...(labels && { labels }),
    remarks: [...remarks, ...remarksOn(output, found, scoring, isOneLogit)],
  };
}

/** Numbers that are explained as they are. */
function answered({ model, shapes }: GraphFacts, { output = '', ...scoring }: Scoring): Scores {
  const { answer, graphOutput = output, remarks = [] } = scoring;
  return {
    ...{ graphOutput, output, logits: output, answer, remarks },
    ...{ activation: 'none', guessed: false, scale: 1 },
    onePerPass: isOfOnePicture(model, shapes.get(output)),
  };
}

export interface ExplainedTensor {
  readonly score: string;
  /** Of one column for two classes: S of class c is `signs[c]` times it. */
  readonly signs?: readonly [number, number];
  /** Where the two are equally probable. */
  readonly even?: number;
}

/**
 * The tensor that is explained, and its columns: one for two classes, or one per class.
 * @param score  `logit`, or the model's own output.
 */
export function explainedTensor(
  { logits, output, signs, activation, scale }: Scores,
  { shapes, batch }: Pick<GraphFacts, 'shapes' | 'batch'>,
  score: 'logit' | 'probability',
): ExplainedTensor {
  const tensor = score === 'logit' ? logits : output;
  if (!signs || classesOf(shapes.get(tensor), batch) === 2) return { score: tensor };
  if (tensor !== output) return { score: tensor, signs };
  return { score: tensor, signs: [-1, 1], even: activation === 'none' ? scale / 2 : 0 };
}

/** Labels in the graph, where there is one for each class. */
function labelsFor(facts: GraphFacts, output: string): readonly string[] | undefined {
  const classes = classesOf(facts.shapes.get(output), facts.batch);
  const count = classes === 1 ? 2 : classes;
  return facts.model.graph.outputs
    .map(({ name }) => scoresBefore(facts, name).labels)
    .find((labels) => labels && (count === undefined || labels.length === count));
}

/** The activation that the graph applies to `output` for another output. */
function activationElsewhere(facts: GraphFacts, output: string): Activation | undefined {
  for (const { name } of facts.model.graph.outputs) {
    const other = name === output ? undefined : normalisedBy(facts, scoresBefore(facts, name).tensor);
    if (!other?.logits || other.signs || unwrapped(facts, other.logits) !== unwrapped(facts, output))
      continue;
    return other.normalisation === 'Sigmoid' ? 'sigmoid' : 'softmax';
  }
  return undefined;
}

/** Whether the model's batch is free but its scores have no batch axis, or one of length 1. */
function isOfOnePicture(model: Model, shape: Shape | undefined): boolean {
  if (!shape || typeof model.graph.inputs[0]?.shape?.[0] === 'number') return false;
  return shape.length === 0 || typeof shape[0] === 'number';
}

function meaning(
  found: Normalised | undefined,
  requested: Activation | undefined,
  isOneLogit: boolean,
): Pick<Scores, 'activation' | 'guessed'> {
  // The softmax of log-probabilities gives the probabilities.
  if (found) return { activation: found.normalisation === 'LogSoftmax' ? 'softmax' : 'none', guessed: false };
  if (isOneLogit) return { activation: requested === 'none' ? 'none' : 'sigmoid', guessed: false };
  return { activation: requested ?? 'softmax', guessed: requested === undefined };
}

function signsOf(found: Normalised | undefined, isOneLogit: boolean): Pick<Scores, 'signs'> {
  if (found?.signs) return { signs: found.signs };
  if (!isOneLogit) return {};
  return { signs: found?.sign === -1 ? [1, -1] : [-1, 1] };
}

/**
 * @throws {CamError} `option` where the graph applies another activation than the option names.
 */
function expectActivation(
  found: Normalised,
  { activation: requested, activationSource }: Scoring,
): Normalised {
  const { normalisation } = found;
  const fits =
    requested === undefined ||
    activationSource !== undefined ||
    (requested === 'none' && normalisation !== 'LogSoftmax') ||
    normalisation === undefined ||
    (requested === 'sigmoid') === (normalisation === 'Sigmoid');
  if (fits) return found;
  throw new CamError(
    'option',
    `activation: expected ${normalisation === 'Sigmoid' ? 'sigmoid or none' : 'softmax'} (the graph ends in ${normalisation}), got ${requested}. Leave it out.`,
  );
}

function remarksOn(
  output: string,
  found: Normalised | undefined,
  { activation: requested, activationSource }: Scoring,
  isOneLogit: boolean,
): readonly string[] {
  const classes = isOneLogit ? ' Class 1 is the positive one, class 0 its complement.' : '';
  if (!found && isOneLogit)
    return [
      requested === 'none'
        ? `"${output}" is the probability of one class, as asked.${classes}`
        : `"${output}" is one logit: its probability is the sigmoid.${classes} Of a number (a regression) ask for "value" (--target value).`,
    ];
  if (!found)
    return activationSource === undefined
      ? []
      : [`probabilities are made of "${output}" by ${requested}, from ${activationSource}.`];
  const times = Math.abs(found.scale - 1) < 1e-6 ? '' : `, times ${Number(found.scale.toPrecision(6))}`;
  const what = found.normalisation
    ? `the ${found.normalisation.toLowerCase()} of "${found.logits}"${found.composed ? ', of simpler operators' : ''}`
    : 'made of several probabilities';
  if (found.normalisation === 'LogSoftmax')
    return found.composed ? [`"${output}" holds logarithms of probabilities (${what}).`] : [];
  return isOneLogit || times !== '' || !found.normalisation || found.signs || found.composed
    ? [`"${output}" holds probabilities already (${what}${times}): they are shown as they are.${classes}`]
    : [];
}
