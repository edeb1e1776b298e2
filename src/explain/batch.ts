import type { Backend, Tensor } from '../backends/backend.js';
import { CamError } from '../errors.js';
import { resizeGray } from '../image/index.js';
import type { Ops } from '../kernels/ops.js';
import type { Method } from '../methods/method.js';
import type { Layer, Tail } from '../onnx/index.js';
import { type Feed, isDeviceTensor, type Output, type Session } from '../runtime/index.js';
import type { Explanation, Target } from '../types.js';
import { expectFinite } from './finite.js';
import type { GradientSource } from './gradients.js';
import { concat, Failures, findNonFinite, scoreRows, toBackend } from './layers.js';
import type { Prepared } from './prepare.js';
import { explanationOf } from './result.js';
import { type BatchMaps, runMethod } from './saliency.js';
import { probabilities, resolveTarget, type TargetSpec } from './targets.js';

/** What a batch is explained with; the same for all batches. */
export interface BatchContext {
  readonly backend: Backend;
  readonly ops: Ops;
  readonly session: Session;
  readonly methods: readonly Method[];
  readonly layers: readonly string[];
  readonly tail: Tail;
  readonly candidates: readonly Layer[];
  /** The model's image input. */
  readonly input: string;
  /** Missing where no method needs gradients. */
  readonly gradients?: GradientSource;
  readonly labels?: readonly string[];
}

export interface BatchRequest {
  /** The classes asked for, by the image's position among all. */
  readonly specs: (image: number) => readonly TargetSpec[];
  /** Takes note of an image that cannot be explained, or throws. */
  readonly fail: (error: unknown, image: number) => void;
}

/** What one method gave for one batch, by layer, and the milliseconds that an image cost. */
export interface MethodMaps {
  readonly layers: readonly BatchMaps[];
  readonly milliseconds: number;
}

/** Explains images of one size. One forward pass serves all methods; one backward pass serves a class of each image. */
export async function explainBatch(
  images: readonly Prepared[],
  context: BatchContext,
  { specs, fail }: BatchRequest,
): Promise<Explanation[]> {
  const { session, tail, labels } = context;
  const batch = images.length;
  const [c, h, w] = images[0].shape;
  const fed: Feed = { data: concat(images.map(({ tensor }) => tensor)), shape: [batch, c, h, w] };
  const outputs = await session.run({ [context.input]: fed });
  const failures = new Failures();
  const run = new BatchRun(images, { ...outputs, [context.input]: fed }, context, failures);
  try {
    run.adoptLayers();
    const rows = scoreRows(outputs[tail.output], tail.output, batch);
    const targets = images.map(({ image }, at) =>
      failures.check(at, (): readonly Target[] => {
        expectFinite(`output "${tail.output}"`, rows[at], [rows[at].length]);
        const chances = probabilities(rows[at], tail.normalisation);
        return specs(image).map((spec) => resolveTarget(spec, rows[at], chances, labels));
      }),
    );
    const rounds = await run.all(targets, rows[0].length);
    return images.flatMap((image, at) => {
      const error = failures.of(at);
      if (error) {
        fail(error, image.image);
        return [];
      }
      return (targets[at] ?? []).map((target, round) =>
        explanationOf(image, at, batch, rows[at], target, rounds[round], context),
      );
    });
  } finally {
    run.release();
    for (const output of Object.values(outputs)) if (isDeviceTensor(output)) output.dispose();
  }
}

type Maps = Map<Method, MethodMaps>;

/** The methods' part: what they need is made once and shared. */
class BatchRun {
  private readonly batch: number;
  private readonly activations: Tensor<4, 'float32'>[] = [];
  /** By the resolution that methods ask for. */
  private readonly grays = new Map<number | undefined, Tensor<3, 'uint32'>>();

  constructor(
    private readonly images: readonly Prepared[],
    private readonly tensors: Readonly<Record<string, Output | Feed>>,
    private readonly context: BatchContext,
    private readonly failures: Failures,
  ) {
    this.batch = images.length;
  }

  adoptLayers(): void {
    for (const layer of this.context.layers)
      this.activations.push(this.adopt(`layer "${layer}"`, this.tensors[layer]));
  }

  release(): void {
    for (const tensor of [...this.activations, ...this.grays.values()]) this.context.backend.release(tensor);
  }

  /** The maps of each image's first target, of each image's second, … Class-agnostic ones are made once. */
  async all(targets: readonly (readonly Target[] | undefined)[], classes: number): Promise<readonly Maps[]> {
    for (const { needs, resolution } of this.context.methods) {
      if (needs.includes('image') && !this.grays.has(resolution))
        this.grays.set(resolution, this.uploadGray(resolution));
    }
    const rounds = Math.max(1, ...targets.map((list) => list?.length ?? 0));
    const made: Maps[] = [];
    for (let round = 0; round < rounds; round++) {
      const chosen = targets.map((list) => list?.[round]?.index);
      made.push(await this.round(chosen, classes, made[0]));
    }
    return made;
  }

  private async round(
    chosen: readonly (number | undefined)[],
    classes: number,
    first: Maps | undefined,
  ): Promise<Maps> {
    const { backend, ops, methods, layers } = this.context;
    const [, height, width] = this.images[0].shape;
    const { gradients, free } = await this.gradients(chosen, classes);
    try {
      const maps: Maps = new Map();
      for (const method of methods) {
        const known = method.classAgnostic ? first?.get(method) : undefined;
        if (known) {
          maps.set(method, known);
          continue;
        }
        const start = performance.now();
        const image = this.grays.get(method.resolution);
        const perLayer: BatchMaps[] = [];
        for (const [l, layer] of this.activations.entries()) {
          const inputs = { activations: layer, gradients: gradients?.[l], image };
          perLayer.push(await runMethod(backend, ops, method, inputs, [height, width]));
        }
        maps.set(method, { layers: perLayer, milliseconds: (performance.now() - start) / this.batch });
      }
      for (const [l, layer] of layers.entries()) {
        const tensors = { activations: this.activations[l], ...(gradients && { gradients: gradients[l] }) };
        const ofLayer = [...maps.values()].map((map) => map.layers[l]);
        await findNonFinite(layer, tensors, ofLayer, backend, this.failures);
      }
      return maps;
    } finally {
      free();
    }
  }

  /** The gradients of each image's class, where a method needs them. */
  private async gradients(chosen: readonly (number | undefined)[], classes: number) {
    const { gradients: source, layers, backend } = this.context;
    if (!source) return { gradients: undefined, free: () => {} };
    const cotangent = new Float32Array(this.batch * classes);
    chosen.forEach((index, at) => {
      if (index !== undefined) cotangent[at * classes + index] = 1;
    });
    const outputs = await source.gradients(this.tensors, cotangent, [this.batch, classes]);
    const gradients = outputs.map((output, l) =>
      this.adopt(`gradient of layer "${layers[l]}"`, output, source.way === 'closed form'),
    );
    const free = () => {
      for (const tensor of gradients) backend.release(tensor);
      for (const output of outputs) if (isDeviceTensor(output)) output.dispose();
    };
    return { gradients, free };
  }

  private adopt(where: string, output: Output | Feed, finite = false): Tensor<4, 'float32'> {
    if (!('dtype' in output || 'buffer' in output))
      throw new CamError('layer', `${where}: expected a tensor inside the model, got its input.`);
    return toBackend(where, output, this.batch, this.context.backend, finite ? undefined : this.failures);
  }

  private uploadGray(resolution: number | undefined): Tensor<3, 'uint32'> {
    const [, height, width] = this.images[0].shape;
    const factor = Math.min(1, (resolution ?? Number.POSITIVE_INFINITY) / Math.max(height, width));
    const [h, w] = [height, width].map((side) => Math.max(1, Math.round(side * factor)));
    const data = new Uint32Array(this.batch * h * w);
    this.images.forEach(({ gray }, n) => {
      data.set(factor < 1 ? resizeGray(gray(), [height, width], [h, w]) : gray(), n * h * w);
    });
    return this.context.backend.upload(data, [this.batch, h, w], 'uint32');
  }
}
