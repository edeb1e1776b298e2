/** The model's input picture. */

import { CamError } from '../errors.js';
import { formatShape } from './format-shape.js';
import type { GraphFacts } from './graph-facts.js';
import type { Dim, Graph, Model, Shape, ValueInfo } from './model.js';
import type { GraphIndex } from './walk.js';

/** The input that takes the picture. */
export interface PictureInput extends ValueInfo {
  /** As `[n, C, H, W]`, also where the model takes `[n, H, W, C]`. */
  readonly shape?: Shape;
  /** True where the model takes `[n, H, W, C]`. */
  readonly channelsLast: boolean;
}

/**
 * The model's picture: its one input, or the first where the others are given values.
 * @throws {CamError} `model` for none or several inputs, or another rank.
 */
export function pictureInput({ model, index }: Pick<GraphFacts, 'model' | 'index'>): PictureInput {
  const [input, ...others] = model.graph.inputs;
  if (!input) throw new CamError('model', `${model.name}: expected one input (the picture), got none.`);
  const unfed = others.filter((other) => !model.furtherInputs?.includes(other.name));
  if (unfed.length > 0) {
    const [first] = unfed;
    const names = [input, ...unfed].map((one) => `"${one.name}" ${formatShape(one.shape)}`).join(', ');
    throw new CamError(
      'model',
      `${model.name}: expected one input (the picture), got ${unfed.length + 1}: ${names}. Give the others values by "inputs" (--input ${first.name}=FILE), and name the picture by "picture" (--picture NAME) where it is another.`,
    );
  }
  const { name, shape } = input;
  if (shape && shape.length !== 4)
    throw new CamError(
      'model',
      `${model.name}: expected a picture [n, C, H, W] as input, got "${name}" ${formatShape(shape)}. Only models that take a picture can be explained.`,
    );
  const channelsLast = looksChannelsLast(shape) || isTransposedFirst(index, name);
  if (!channelsLast) return { ...input, channelsLast };
  const [n, height, width, channels] = shape ?? [];
  return { ...input, ...(shape && { shape: [n, channels, height, width] }), channelsLast };
}

/** @throws {CamError} `model` for a picture `[n, H, W, C]`. */
export function expectChannelsFirst(model: Model, { name, channelsLast }: PictureInput): void {
  if (!channelsLast) return;
  const [input] = model.graph.inputs;
  throw new CamError(
    'model',
    `${model.name}: expected the channels before height and width (NCHW), got "${name}" ${formatShape(input?.shape)} with channels last (NHWC). Export it again with channels first (tf2onnx: --inputs-as-nchw ${name}).`,
  );
}

/** Side of the picture where the model leaves it free, pixels. */
export const USUAL_SIDE = 224;

const ofUsualPicture = new WeakMap<Graph, Graph>();

/** The model of one picture of the usual size, where it leaves the number or the size free. */
export function forUsualPicture(model: Model): Model {
  const sides = [USUAL_SIDE, USUAL_SIDE] as const;
  const graph = ofUsualPicture.get(model.graph) ?? withSides(model.graph, sides);
  ofUsualPicture.set(model.graph, graph);
  return { ...model, graph };
}

/** The model of one picture of a size `[H, W]`, where it leaves the number or the size free. */
export const forPicture = (model: Model, sides: readonly [number, number]): Model => ({
  ...model,
  graph: withSides(model.graph, sides),
});

function withSides(graph: Graph, sides: readonly [number, number]): Graph {
  const [input, ...others] = graph.inputs;
  if (!input?.shape) return graph;
  const spatial = spatialAxes(input.shape);
  const sided = (dim: Dim, axis: number) =>
    typeof dim === 'number' ? dim : axis === 0 ? 1 : (sides[spatial.indexOf(axis)] ?? dim);
  return { ...graph, inputs: [{ ...input, shape: input.shape.map(sided) }, ...others] };
}

/** Height and width of the model's picture; unknown where it leaves them free. */
export function pictureSides({ graph }: Pick<Model, 'graph'>): Shape {
  const shape = graph.inputs[0]?.shape;
  return spatialAxes(shape).map((axis) => shape?.[axis]);
}

const spatialAxes = (shape: Shape | undefined): readonly [number, number] =>
  looksChannelsLast(shape) ? [1, 2] : [2, 3];

const isColourCount = (dim: Shape[number]) => dim === 1 || dim === 3 || dim === 4;

function looksChannelsLast(shape: Shape | undefined): boolean {
  return shape !== undefined && isColourCount(shape[3]) && !isColourCount(shape[1]);
}

/** Arithmetic that normalises the picture and keeps its layout. */
const pixelArithmetic = new Set(['Cast', 'Sub', 'Add', 'Mul', 'Div', 'Identity', 'BatchNormalization']);

/** Whether the graph first transposes the picture from NHWC to NCHW. */
function isTransposedFirst(index: GraphIndex, input: string): boolean {
  let tensor = input;
  for (const seen = new Set<string>(); !seen.has(tensor); ) {
    seen.add(tensor);
    for (const node of index.consumers(tensor)) {
      const perm = node.opType === 'Transpose' ? node.attributes.get('perm') : undefined;
      if (perm?.type === 'ints' && perm.value.join() === '0,3,1,2') return true;
      if (pixelArithmetic.has(node.opType)) tensor = node.outputs[0] ?? tensor;
    }
  }
  return false;
}
