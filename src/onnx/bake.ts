/** A model with a method's saliency map as a further output. */

import { CamError } from '../errors.js';
import { withAnswer } from './answer.js';
import { grayOf, type Normalising } from './bake/gray.js';
import { bakedMethods } from './bake/index.js';
import { channelsFirst } from './bake/layout.js';
import { tailWeights } from './bake/linear-tail.js';
import { type BakedMethod, type Ingredients, planes } from './bake/method.js';
import type { BakedMethodName } from './bake/names.js';
import { withPixels } from './bake/pixels.js';
import { saliencyOf } from './bake/saliency.js';
import type { Layout } from './feature-map.js';
import { Builder, type Value } from './gradients/builder.js';
import { MergedForward } from './gradients/merged.js';
import { classCountScalar, classInput, oneHotScores, predictedClass } from './gradients/seed.js';
import { sweep } from './gradients/sweep.js';
import { type GradientTask, gradientTask } from './gradients/task.js';
import { layoutText } from './layouts.js';
import type { Model, Scores, Shape, Tail, ValueInfo } from './model.js';
import { analyse } from './network.js';
import { expectChannelsFirst } from './picture.js';
import { classesOf } from './score-shape.js';
import { unused } from './tensor-names.js';

export { bakedMethods } from './bake/index.js';
export type { BakedMethodName } from './bake/names.js';

/** What is explained; `value:J` is number J of the output, whose scores need not be classes'. */
export type BakeTarget = 'predicted' | 'input' | 'value' | `value:${number}`;

export interface BakeOptions {
  readonly method: BakedMethodName;
  /** Tensor name. @default the layer that `targetLayer` chooses */
  readonly layer?: string;
  /**
   * Size of the saliency: the picture's, or the layer's (smaller, for programs that upsample themselves).
   * @default 'input'
   */
  readonly size?: 'input' | 'layer';
  /**
   * `predicted`: the class of the highest score. `input`: a further input `target`, int64 `[n]`, one class
   * per image, negative for the predicted one.
   * @default 'predicted'
   */
  readonly target?: BakeTarget;
  /** Window R of info-cam, positions of the layer. Minimum: `1`. @default 3 */
  readonly region?: number;
  /**
   * How 8-bit pictures become the input. For `normalize`, and for the grey picture of mi-cam, which without
   * it is the input's own range.
   */
  readonly preprocessing?: Normalising;
  /** Whether the model is fed with 8-bit pixels, `pixels`, and normalises inside. @default false */
  readonly normalize?: boolean;
  /**
   * Whether gradients behind global average pooling and a linear layer are taken without a backward pass.
   * @default true
   */
  readonly closedForms?: boolean;
}

export interface BakedModel {
  /** The ModelProto. */
  readonly bytes: Uint8Array;
  /** The target layer, and why it was chosen. */
  readonly layer: { readonly name: string; readonly reason: string };
  /** The model's scores and their meaning. */
  readonly scores: Pick<Scores, 'graphOutput' | 'output' | 'logits' | 'remarks'>;
  /** All inputs. */
  readonly inputs: readonly ValueInfo[];
  /**
   * The input with the classes. It and `saliency` are led by an underscore where the model has a tensor of
   * that name.
   */
  readonly target?: ValueInfo;
  /** The new output, `[n, H, W]`, float32, 0..1. */
  readonly saliency: ValueInfo;
  /** What the map is computed from. */
  readonly way: 'activations' | 'closed form' | 'backward graph';
  /** Opset of the file: the model's own, or 17 where that is older. */
  readonly opset: number;
}

/**
 * The model with its old outputs and a new one, `saliency` `[n, H, W]`: what `explain` gives, 0..1, in
 * standard operators, so that any ONNX runtime makes the map in the same call. Batch and picture size stay
 * free where the model leaves them free. A model older than opset 17 is lifted to it; weights are not copied,
 * nor moved where they are external.
 *
 * @throws {CamError} `option` for a method, region or normalisation that cannot be; `layer`; `gradients` when
 *   none reaches the layer; `model` for a tail that is not linear where the method takes one, or an operator
 *   that cannot be lifted.
 */
export function bake(given: Model, options: BakeOptions): BakedModel {
  const method = expectMethod(options);
  const asked = numberOf(options.target) === undefined ? given : asNumbers(given, options);
  const model = options.normalize ? withNormalisation(asked, options.preprocessing) : asked;
  const network = analyse(model);
  const { channelsLast } = network.picture;
  if (options.normalize || method.readsLayer) expectChannelsFirst(model, network.picture);
  const { name, reason, layout } = options.layer ? network.featureMap(options.layer) : network.targetLayer;
  if (layout.kind !== 'nchw' && method.readsLayer)
    throw new CamError(
      'layer',
      `bake: ${options.method}: expected a layer [n, K, h, w], got "${name}" (${layoutText(layout)}). Choose a method that takes gradients, such as grad-cam; "explain" takes this one.`,
    );
  const layer = { name, reason };
  const task = gradientTask(model, { wrt: [layer.name] }, 'cam/');
  const { facts, index, wanted, names, prefix } = task;
  const forward = new MergedForward(task.model, index, facts, wanted);
  const b = new Builder(prefix, forward);
  const recipe = new Recipe(b, task, layout, options);
  const picture = analyse(task.model).picture.name;
  const size = options.size === 'layer' ? undefined : planes(b, layer.name, picture, channelsLast ? 1 : 2);
  const saliency = saliencyOf(b, method.map(recipe), size);
  const shape = statedLengths(task.model, saliency.shape);
  const output: ValueInfo = {
    name: unused('saliency', names),
    dtype: saliency.dtype,
    ...(shape && { shape }),
  };
  const { target } = recipe;
  const { graphOutput, output: scores, logits, remarks } = recipe.tail;
  const { bytes, inputs } = forward.finish(b, new Map([[output.name, { ...saliency, shape }]]), target);
  return {
    bytes,
    layer,
    scores: { graphOutput, output: scores, logits, remarks },
    inputs,
    ...(target && { target }),
    saliency: output,
    way: recipe.way,
    opset: Math.max(task.model.opset, 17),
  };
}

/**
 * Lengths with the names that the model's own input has. Other names were added here and mean nothing to a
 * reader of the file.
 */
function statedLengths(model: Model, shape: Shape | undefined): Shape | undefined {
  const own = new Set(analyse(model).picture.shape);
  return shape?.map((dim) => (typeof dim === 'number' || own.has(dim) ? dim : undefined));
}

function expectMethod({ method, target, region = 3 }: BakeOptions): BakedMethod {
  const found: BakedMethod | undefined = Object.hasOwn(bakedMethods, method)
    ? bakedMethods[method]
    : undefined;
  if (!found)
    throw new CamError(
      'option',
      `bake: method: expected one of ${Object.keys(bakedMethods).join(', ')}, got "${method}".`,
    );
  if (!(Number.isInteger(region) && region >= 1))
    throw new CamError('option', `bake: region: expected a whole number of at least 1, got ${region}.`);
  if (found.classAgnostic && target === 'input')
    throw new CamError(
      'option',
      `bake: target: expected "predicted" (${method} does not depend on the class), got "input". Leave it out.`,
    );
  return found;
}

/** J of `value:J`. @throws {CamError} `option` for another text. */
function numberOf(target: BakeOptions['target']): number | undefined {
  if (target === undefined || target === 'predicted' || target === 'input') return undefined;
  const [, index = '0'] = /^value(?::(\d+))?$/.exec(target) ?? ['', 'none'];
  if (index !== 'none') return Number(index);
  throw new CamError('option', `bake: target: expected predicted, input or value:J, got "${target}".`);
}

/** The model whose output is numbers, not classes. */
function asNumbers(given: Model, { target }: BakeOptions): Model {
  const network = analyse(withAnswer(analyse(given), { answer: 'value', output: given.scoring?.output }));
  const count = classesOf(network.shapes.get(network.scores.output), network.batch);
  const index = numberOf(target) ?? 0;
  if (count === undefined || index < count) return network.model;
  throw new CamError(
    'target',
    `bake: target: expected a number of "${network.scores.output}" from 0 to ${count - 1}, got ${index}.`,
  );
}

function withNormalisation(model: Model, how: Normalising | undefined): Model {
  if (how) return withPixels(model, how);
  throw new CamError(
    'option',
    'bake: normalize: expected preprocessing (mean and std, which become part of the model), got none.',
  );
}

class Recipe implements Ingredients {
  readonly layer: string;
  readonly picture: string;
  readonly activations: Value;
  readonly region: number;
  /** The input with the classes, where there is one. */
  readonly target: ValueInfo | undefined;
  way: BakedModel['way'] = 'activations';
  readonly tail: Tail;
  #index: Value | undefined;

  constructor(
    readonly b: Builder,
    private readonly task: GradientTask,
    private readonly layout: Layout,
    private readonly options: BakeOptions,
  ) {
    const [layer] = task.wrt;
    this.layer = layer;
    this.picture = analyse(task.model).picture.name;
    this.activations = channelsFirst(b, b.forward(layer), layout, layer);
    this.region = options.region ?? 3;
    this.tail = analyse(task.model).tail(layer);
    if (options.target !== 'input') return;
    const target = classInput(b, task, unused('target', task.names));
    this.target = { ...target, shape: statedLengths(task.model, target.shape) };
  }

  gradients(): Value {
    const { b, task, layout, options } = this;
    if (options.closedForms !== false && this.tail.kind !== 'other' && layout.kind === 'nchw')
      return b.div(this.classWeights(), b.count(this.layer, [2, 3]));
    this.way = 'backward graph';
    const seed = oneHotScores(b, task, this.#classes());
    const gradient = sweep(b, task, seed).get(this.layer);
    if (!gradient) throw new Error(`expected a gradient of "${this.layer}"`);
    return channelsFirst(b, gradient, layout, this.layer);
  }

  classWeights(margin = false): Value {
    this.way = 'closed form';
    return tailWeights(this.b, this.tail, this.#classes(), margin, this.options.method);
  }

  gray(): Value {
    const { b, task, options, picture } = this;
    const { dtype } = analyse(task.model).picture;
    const fed = dtype === 'uint8' ? b.value(picture, dtype, b.staticShape(picture)) : b.forward(picture);
    // The pixels of a model that normalises inside are RGB, whatever order its layers take.
    const { preprocessing, normalize } = options;
    const how = preprocessing && normalize ? { ...preprocessing, channels: 'RGB' as const } : preprocessing;
    return grayOf(b, fed, how);
  }

  /** The class of each image, `[n]`; a class that the model does not have is an error of the run. */
  #classes(): Value {
    this.#index ??= this.#chosen();
    return this.#index;
  }

  #chosen(): Value {
    const { b, task, target } = this;
    const value = numberOf(this.options.target);
    if (value !== undefined) {
      const images = b.op('Slice', [b.shapeOf(this.layer), b.ints([0]), b.ints([1])]);
      return b.op('Expand', [b.ints([value]), images]);
    }
    const predicted = predictedClass(b, task);
    if (!target) return predicted;
    const given = b.value(target.name, 'int64', target.shape);
    const isGiven = b.op('GreaterOrEqual', [given, b.ints([0], [])]);
    const wanted = b.op('Where', [isGiven, given, predicted]);
    const classes = b.op('Range', [b.ints([0], []), classCountScalar(b, task), b.ints([1], [])]);
    return b.stated(b.op('Gather', [classes, wanted], { axis: 0 }), target.shape);
  }
}
