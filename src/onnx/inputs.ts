/** Which of a model's inputs is the picture, and which are fed otherwise. */

import { CamError } from '../errors.js';
import { nearestNames } from '../names.js';
import { formatShape } from './format-shape.js';
import type { Model, ValueInfo } from './model.js';

/** What is said of a model's inputs. */
export interface GivenInputs {
  /** The input that takes the picture. @default the only one that can */
  readonly picture?: string;
  /** Inputs that are fed otherwise. */
  readonly others?: readonly string[];
}

/**
 * The model with its picture first among its inputs.
 * @throws {CamError} `option` for an input that the model does not have; `model` where several fit.
 */
export function withInputs(model: Model, { picture, others = [] }: GivenInputs): Model {
  const { inputs } = model.graph;
  if (inputs.length < 2 && picture === undefined && others.length === 0) return model;
  for (const name of [...others, ...(picture === undefined ? [] : [picture])]) expectInput(model, name);
  if (picture !== undefined && others.includes(picture))
    throw new CamError(
      'option',
      `input "${picture}": expected the picture, got other values for it as well.`,
    );
  const left = inputs.filter(({ name }) => !others.includes(name));
  const chosen =
    picture === undefined ? pictureAmong(model, left) : left.find(({ name }) => name === picture);
  if (!chosen) return { ...model, furtherInputs: others };
  const ordered = [chosen, ...inputs.filter((input) => input !== chosen)];
  return { ...model, graph: { ...model.graph, inputs: ordered }, furtherInputs: others };
}

/** Whether an input can be a picture: four axes, of floating point or bytes. */
const canBePicture = ({ shape, dtype }: ValueInfo): boolean =>
  (!shape || shape.length === 4) && (dtype === undefined || /^(b?float|uint8)/.test(dtype));

/** Of a model with several inputs, the first that can be the picture, and the others. */
export function assumedInputs({ graph }: Model): Required<GivenInputs> | { picture?: undefined; others: [] } {
  const picture = graph.inputs.find(canBePicture)?.name;
  if (picture === undefined) return { others: [] };
  return { picture, others: graph.inputs.flatMap(({ name }) => (name === picture ? [] : [name])) };
}

function pictureAmong(model: Model, left: readonly ValueInfo[]): ValueInfo | undefined {
  const fitting = left.filter(canBePicture);
  if (fitting.length < 2) return fitting[0];
  const shown = fitting.map(({ name, shape }) => `"${name}" ${formatShape(shape)}`).join(', ');
  throw new CamError(
    'model',
    `${model.name}: expected one input that can be the picture, got ${fitting.length}: ${shown}. Name it by "picture" (--picture NAME), and give the others values by "inputs" (--input NAME=FILE).`,
  );
}

function expectInput(model: Model, name: string): void {
  const names = model.graph.inputs.map((input) => input.name);
  if (names.includes(name)) return;
  const nearest = nearestNames(name, names).map((one) => `"${one}"`);
  throw new CamError(
    'option',
    `input "${name}": ${model.name} has no such input. It has ${nearest.join(', ') || 'none'}.`,
  );
}
