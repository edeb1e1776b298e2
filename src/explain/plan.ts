import { CamError } from '../errors.js';
import type { AnyMethod } from '../methods/method.js';
import { type CutTail, cutTail, largestTensor } from '../onnx/cut.js';
import type { Model, Tail } from '../onnx/model.js';
import { inferShapes } from '../onnx/shapes.js';
import { classifierWeights } from '../onnx/tail.js';
import type { CalmOutputs } from './calm.js';
import { findCalm } from './calm.js';
import type { ExplainerOptions } from './options.js';
import { type GradientPlan, isLinear, planGradients } from './sessions.js';

/** W `[C, K]` and b `[C]` of a linear tail; the unit matrix where the layer's channels are the classes. */
export interface ClassWeights {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly classes: number;
  readonly channels: number;
  /** True where the layer is its own map of all classes. */
  readonly identity: boolean;
}

/** What is known of the model before any session is opened, for the methods that it can serve. */
export interface Plan {
  readonly methods: readonly AnyMethod[];
  readonly skipped: readonly { readonly method: string; readonly reason: string }[];
  readonly gradients?: GradientPlan;
  readonly classWeights?: ClassWeights;
  /** Whether scores are those weights times the layer's means: closed forms may be used. */
  readonly linear: boolean;
  /** By layer; present where a method needs passes of the tail. */
  readonly tails: ReadonlyMap<string, CutTail>;
  readonly calm?: CalmOutputs;
  /** Bytes of one image's largest tensor in the model. */
  readonly largest: number;
}

/**
 * Finds what the methods need in the model.
 * @throws {CamError} what a method lacks, unless `options.unservable` says to skip it; that of the last where
 *   none is left.
 */
export async function planMethods(
  model: Model,
  tail: Tail,
  layers: readonly string[],
  asked: readonly AnyMethod[],
  options: ExplainerOptions,
): Promise<Plan> {
  const { score = 'logit', closedForms = true } = options;
  const gradients = once(() => planGradients(model, tail, layers, options));
  const classWeights = once(() => classWeightsOf(model, tail, layers));
  const tails = once(() => new Map(layers.map((layer) => [layer, cutTail(model, layer, score)])));
  const calm = once(() => findCalm(model, options.calm));
  const skipped: { method: string; reason: string }[] = [];
  const methods: AnyMethod[] = [];
  for (const method of asked) {
    const { name, needs } = method;
    try {
      for (const need of needs) {
        if (need === 'gradients') await gradients();
        if (need === 'tail') tails();
        if (need === 'classWeights' || need === 'classMaps') classWeights();
        if (need === 'positionScores' || need === 'attention') calm();
      }
      methods.push(method);
    } catch (error) {
      if (!(error instanceof CamError) || options.unservable !== 'skip') throw named(name, error);
      skipped.push({ method: name, reason: error.message });
    }
  }
  if (methods.length === 0 && skipped.length > 0)
    throw new CamError('option', `methods: the model serves none of those asked for. ${skipped[0].reason}`);
  const needs = new Set<string>(methods.flatMap((method) => [...method.needs]));
  const linear = closedForms && layers.length === 1 && isLinear(tail, score);
  const wantsWeights = needs.has('classWeights') || needs.has('classMaps') || (linear && needs.has('tail'));
  return {
    methods,
    skipped,
    gradients: needs.has('gradients') ? await gradients() : undefined,
    classWeights: wantsWeights ? classWeights() : undefined,
    linear,
    tails: needs.has('tail') ? tails() : new Map(),
    calm: needs.has('positionScores') || needs.has('attention') ? calm() : undefined,
    largest: largestTensor(model.graph.nodes, inferShapes(model)),
  };
}

/** Made when first asked for, or refused each time with the same error. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | { readonly error: unknown } | undefined;
  return () => {
    if (!made) {
      try {
        made = { value: make() };
      } catch (error) {
        made = { error };
      }
    }
    if ('error' in made) throw made.error;
    return made.value;
  };
}

function named(method: string, error: unknown): unknown {
  if (!(error instanceof CamError)) return error;
  return new CamError(error.code, `${method}: ${error.message}`, { cause: error });
}

function classWeightsOf(model: Model, tail: Tail, layers: readonly string[]): ClassWeights {
  if (layers.length > 1)
    throw new CamError(
      'layer',
      `layers: expected the one in front of global average pooling, got ${layers.length}. Choose a single layer.`,
    );
  if (tail.kind !== 'class-map')
    return bothClasses({ ...classifierWeights(model, tail), identity: false }, tail.signs);
  const classes = inferShapes(model).get(tail.layer)?.[1];
  if (typeof classes !== 'number')
    throw new CamError(
      'model',
      `${model.name}: expected a known number of classes in "${tail.layer}". Export it with shapes.`,
    );
  const weights = new Float32Array(classes * classes);
  for (let c = 0; c < classes; c++) weights[c * (classes + 1)] = 1;
  const unit = { weights, bias: new Float32Array(classes), classes, channels: classes, identity: true };
  return bothClasses(unit, tail.signs);
}

/** Rows of the two classes that one logit stands for. */
function bothClasses(own: ClassWeights, signs: Tail['signs']): ClassWeights {
  const { weights, bias, classes, channels } = own;
  if (classes !== 1) return own;
  const rows = (values: Float32Array) =>
    Float32Array.from((signs ?? [-1, 1]).flatMap((sign) => Array.from(values, (value) => sign * value)));
  return { weights: rows(weights), bias: rows(bias), classes: 2, channels, identity: false };
}
