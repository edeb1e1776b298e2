import type { Tensor } from '../../backends/backend.js';
import { CamError } from '../../errors.js';
import { takes } from '../../methods/takes.js';
import type { Tail } from '../../onnx/model.js';
import type { Network } from '../../onnx/network.js';
import type { Batch } from '../batch.js';
import type { Need, Provided, Question } from './need.js';

/** W `[C, K]` and b `[C]` of a linear tail; the unit matrix where the layer's channels are the classes. */
export interface ClassWeights {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly classes: number;
  readonly channels: number;
  /** True where the layer is its own map of all classes. */
  readonly identity: boolean;
}

/** The weights behind global average pooling, and the maps of all classes that they make. */
export const linearTail: Need = {
  plan: (question) => {
    const weights = classWeights(question);
    return { open: () => ({ provide: (batch) => new LinearTail(batch, weights) }) };
  },
};

class LinearTail implements Provided {
  private readonly weights: Tensor<2> | undefined;
  private readonly maps: Tensor<4> | undefined;
  private readonly given: { readonly classWeights?: Tensor<2>; readonly classMaps?: Tensor<4> };

  constructor(
    private readonly batch: Batch,
    { weights, classes, channels, identity }: ClassWeights,
  ) {
    const { backend, ops } = batch.context;
    const layer = batch.activations(0);
    const taken = (need: 'classWeights' | 'classMaps') => batch.methods.some((method) => takes(method, need));
    const makesMaps = taken('classMaps') && !identity;
    if (taken('classWeights') || makesMaps)
      this.weights = backend.upload(weights, [classes, channels] as const, 'float32');
    if (makesMaps && this.weights) this.maps = ops.classMaps(layer, this.weights);
    this.given = { classWeights: this.weights, classMaps: identity ? layer : this.maps };
  }

  inputs() {
    return this.given;
  }

  release(): void {
    for (const tensor of [this.weights, this.maps]) if (tensor) this.batch.context.backend.release(tensor);
  }
}

/** The tail, where what is explained is a linear function of the one layer's means: closed forms serve. */
export function closedTail({ network, layers, options }: Question): Tail | undefined {
  const { score = 'logit', closedForms = true } = options;
  if (!closedForms || layers.length !== 1) return undefined;
  const tail = network.tail(layers[0].name);
  return tail.kind !== 'other' && (score === 'logit' || tail.logits === tail.output) ? tail : undefined;
}

/** @throws {CamError} `layer` for several layers; `model` where the tail is not linear. */
export function classWeights({ network, layers }: Question): ClassWeights {
  if (layers.length > 1)
    throw new CamError(
      'layer',
      `layers: expected the one in front of global average pooling, got ${layers.length}. Choose a single layer.`,
    );
  const { kind, layer, signs, answer } = network.tail(layers[0].name);
  const own =
    kind === 'class-map' ? unitMatrix(network, layer) : { ...network.linearWeights(layer), identity: false };
  return answer ? own : bothClasses(own, signs);
}

function unitMatrix({ model, shapes }: Network, layer: string): ClassWeights {
  const classes = shapes.get(layer)?.[1];
  if (typeof classes !== 'number')
    throw new CamError(
      'model',
      `${model.name}: expected a known number of classes in "${layer}". Export it with shapes.`,
    );
  const weights = new Float32Array(classes * classes);
  for (let c = 0; c < classes; c++) weights[c * (classes + 1)] = 1;
  return { weights, bias: new Float32Array(classes), classes, channels: classes, identity: true };
}

/** Rows of the two classes that one logit stands for. */
function bothClasses(own: ClassWeights, signs: Tail['signs']): ClassWeights {
  const { weights, bias, classes, channels } = own;
  if (classes !== 1) return own;
  const rows = (values: Float32Array) =>
    Float32Array.from((signs ?? [-1, 1]).flatMap((sign) => Array.from(values, (value) => sign * value)));
  return { weights: rows(weights), bias: rows(bias), classes: 2, channels, identity: false };
}
