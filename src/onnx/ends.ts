/** The two ends of a classifier: the picture that goes in, the class scores that come out. */

import { CamError } from '../errors.js';
import type { Model, Node, Normalisation, Shape, ValueInfo } from './model.js';
import { type GraphIndex, indexGraph } from './walk.js';

/**
 * The model's one input, a picture `[n, C, H, W]`.
 * @throws {CamError} `model` for none or several inputs, another rank, or channels last (NHWC).
 */
export function imageInput(model: Model): ValueInfo {
  const [input, ...others] = model.graph.inputs;
  if (!input || others.length > 0) {
    const names = model.graph.inputs.map(({ name }) => `"${name}"`).join(', ');
    throw new CamError(
      'model',
      `${model.name}: expected one input (the picture), got ${input ? `${others.length + 1}: ${names}` : 'none'}. Export the model with the others fixed.`,
    );
  }
  const { name, shape } = input;
  if (shape && shape.length !== 4)
    throw new CamError(
      'model',
      `${model.name}: expected a picture [n, C, H, W] as input, got "${name}" ${formatShape(shape)}. Only image classifiers can be explained.`,
    );
  if (looksChannelsLast(shape) || isTransposedFirst(model, name))
    throw new CamError(
      'model',
      `${model.name}: expected the channels before height and width (NCHW), got "${name}" ${formatShape(shape)} with channels last (NHWC). Export it again with channels first (tf2onnx: --inputs-as-nchw ${name}).`,
    );
  return input;
}

/** Most characters of a free length's name. What is longer is a formula that says less than `?`. */
const LONGEST_LENGTH = 24;

const formatLength = (dim: Shape[number] | null): string =>
  typeof dim === 'string' && dim.length > LONGEST_LENGTH ? '?' : String(dim ?? '?');

/** A shape for people: `[batch, 3, ?, ?]`. */
export function formatShape(shape: readonly (Shape[number] | null)[] | undefined | null): string {
  return shape ? `[${shape.map(formatLength).join(', ')}]` : '(shape unknown)';
}

const isColourCount = (dim: Shape[number]) => dim === 1 || dim === 3 || dim === 4;

function looksChannelsLast(shape: Shape | undefined): boolean {
  return shape !== undefined && isColourCount(shape[3]) && !isColourCount(shape[1]);
}

/** Arithmetic that normalises the picture and keeps its layout. */
const normalising = new Set(['Cast', 'Sub', 'Add', 'Mul', 'Div', 'Identity', 'BatchNormalization']);

/** Whether the first thing that happens to the picture is a move of its last axis to the channels' place. */
function isTransposedFirst(model: Model, input: string): boolean {
  const index = indexGraph(model.graph, model.name);
  let tensor = input;
  for (const seen = new Set<string>(); !seen.has(tensor); ) {
    seen.add(tensor);
    for (const node of index.consumers(tensor)) {
      const perm = node.opType === 'Transpose' ? node.attributes.get('perm') : undefined;
      if (perm?.type === 'ints' && perm.value.join() === '0,3,1,2') return true;
      if (normalising.has(node.opType)) tensor = node.outputs[0] ?? tensor;
    }
  }
  return false;
}

/** Where the class scores leave the graph. */
export interface Scores {
  /** The graph output. */
  readonly output: string;
  /** The tensor before a final normalisation; `output` where there is none. */
  readonly logits: string;
  readonly normalisation?: Normalisation;
}

/**
 * The output that holds one score per class. Among several it is the one that is computed last.
 * @throws {CamError} `model` when no output is made by the graph.
 */
export function classScores(model: Model, index: GraphIndex, shapes: ReadonlyMap<string, Shape>): Scores {
  const made = model.graph.outputs
    .filter(({ name, dtype }) => index.producer(name) && (dtype === undefined || dtype.startsWith('float')))
    .map(({ name }) => name);
  const fitting = made.filter((name) => isScores(shapes.get(name)));
  const position = new Map(index.order.map((node, i) => [node, i]));
  const place = (name: string) => position.get(index.producer(name) as Node) ?? -1;
  const [output] = (fitting.length > 0 ? fitting : made).toSorted((a, b) => place(b) - place(a));
  if (output === undefined)
    throw new CamError(
      'model',
      `${model.name}: expected an output with class scores (floating point, made by the graph), got ${model.graph.outputs.map(({ name }) => `"${name}"`).join(', ') || 'none'}. Only image classifiers can be explained.`,
    );
  return { output, ...normalised(index, output) };
}

/** `[n, C]`, or `[n, C, 1, 1]`, or unknown. */
function isScores(shape: Shape | undefined): boolean {
  if (!shape) return true;
  return shape.length === 2 || (shape.length === 4 && shape[2] === 1 && shape[3] === 1);
}

/** Operators that hand every value on unchanged. */
export const passing = new Set(['Identity', 'Dropout', 'Cast', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);

function normalised(index: GraphIndex, output: string): Omit<Scores, 'output'> {
  for (let tensor = output; ; ) {
    const node = index.producer(tensor);
    const input = node?.domain === '' ? node.inputs[0] : undefined;
    if (!node || input === undefined) return { logits: output };
    const { opType } = node;
    if (opType === 'Softmax' || opType === 'LogSoftmax' || opType === 'Sigmoid')
      return { logits: input, normalisation: opType };
    if (!passing.has(opType)) return { logits: output };
    tensor = input;
  }
}
