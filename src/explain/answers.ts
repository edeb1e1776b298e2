/** Targets that are no class: what they take of a model. */
import { CamError } from '../errors.js';
import type { AnyMethod } from '../methods/method.js';
import { takes } from '../methods/takes.js';
import { withAnswer } from '../onnx/answer.js';
import type { GraphFacts } from '../onnx/graph-facts.js';
import type { Dim, Model, Shape } from '../onnx/model.js';
import type { Network } from '../onnx/network.js';
import { forUsualPicture } from '../onnx/picture.js';
import { inferShapes } from '../onnx/shapes.js';
import {
  type AnyTarget,
  answerOf,
  isCustom,
  isSum,
  type TargetContext,
  targetsOf,
} from '../targets/index.js';
import type { ExplainerOptions } from './options.js';

/**
 * The model as targets that are no class ask it; `undefined` where they are classes.
 * @throws {CamError} `target` for targets of several kinds, and where no output fits.
 */
export function answeringModel(
  facts: GraphFacts,
  { target, output }: Pick<ExplainerOptions, 'target' | 'output'>,
): Model | undefined {
  if (target === undefined) return undefined;
  const targets = targetsOf(target);
  const [answer, ...others] = [...new Set(targets.map(answerOf))];
  if (others.length > 0)
    throw new CamError(
      'target',
      `target: expected targets of one kind, got ${[answer, ...others].map((kind) => kind ?? 'class').join(' and ')}. Ask for them one after the other.`,
    );
  if (!answer) return undefined;
  const outputs = [...new Set(targets.flatMap(outputsOf))];
  return withAnswer(facts, { answer, output, outputs });
}

/**
 * @throws {CamError} `option` for a method that compares classes, which such targets do not have.
 */
export function expectNoClasses(method: AnyMethod): void {
  const compares = takes(method, 'positionScores') || ('classes' in method && method.classes !== undefined);
  if (compares || takes(method, 'classMaps'))
    throw new CamError(
      'option',
      'expected a class as target, since it compares classes. Ask for a method that takes gradients, such as grad-cam.',
    );
}

/**
 * How detections lie in the output, as far as its shape and the number of labels show it.
 * @param labels  How many there are.
 * @throws {CamError} `option` for a form that needs boxes beside the logits, where there are none.
 */
export function boxesOf(
  network: Network,
  { boxes: form }: Pick<ExplainerOptions, 'boxes'>,
  labels: () => number | undefined,
): TargetContext['boxes'] {
  const { output, answer } = network.scores;
  if (answer !== 'box') return undefined;
  if (form === 'v5' || form === 'v8') return { form };
  const { model } = network;
  const shapes = network.shapes.get(output)?.every((dim) => typeof dim === 'number')
    ? network.shapes
    : inferShapes(forUsualPicture(model));
  const [, queries, columns] = shapes.get(output) ?? [];
  const tensor = model.graph.outputs.find(
    ({ name }) => name !== output && isBoxes(shapes.get(name), queries),
  )?.name;
  if (tensor === undefined) {
    if (form === undefined) return {};
    throw new CamError(
      'option',
      `boxes ${form}: expected an output with boxes [n, Q, 4] beside "${output}", got none. Choose v5 or v8.`,
    );
  }
  return { tensor, form: form ?? (columns === labels() ? 'rtdetr' : 'detr') };
}

/** The tensors that targets look at besides what is explained. */
export function othersOf(
  { target }: Pick<ExplainerOptions, 'target'>,
  boxes: TargetContext['boxes'],
): readonly string[] {
  const custom = target === undefined ? [] : targetsOf(target).flatMap(outputsOf);
  return [...(boxes?.tensor === undefined ? [] : [boxes.tensor]), ...custom];
}

function outputsOf(target: AnyTarget): readonly string[] {
  if (typeof target !== 'object') return [];
  if (isSum(target)) return target.sum.flatMap((term) => outputsOf(term.target));
  return isCustom(target) ? target.outputs : [];
}

const isBoxes = (shape: Shape | undefined, queries: Dim): boolean =>
  shape?.length === 3 && shape[2] === 4 && shape[1] === queries;

/** Sentences on how detections are read. */
export function boxRemarks({ output }: { readonly output: string }, boxes: TargetContext['boxes']): string[] {
  if (!boxes?.tensor) return [];
  const what =
    boxes.form === 'detr' ? 'its last class is no object (detr)' : 'every class is an object (rtdetr)';
  return [
    `detections: boxes are "${boxes.tensor}", classes "${output}": ${what}. Choose by "boxes" (--boxes).`,
  ];
}
