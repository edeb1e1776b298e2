import { elements, type Tensor } from '../backends/backend.js';
import { CamError } from '../errors.js';
import type { AnyMethod, Method } from '../methods/method.js';
import type { Elsewhere, ProbedImage } from '../methods/probing.js';
import { checkpoint, type Feed, isDeviceTensor, type Output } from '../runtime/index.js';
import type { Target } from '../types.js';
import type { BatchContext, Maps, MethodMaps } from './batch.js';
import { cancelling } from './cancelling.js';
import { type Chosen, classWeightsOf, targetOf } from './class-weights.js';
import { uploadGray } from './gray.js';
import { type Failures, findNonFinite, toBackend } from './layers.js';
import { PassCounter, type PassOptions } from './pass-counter.js';
import type { Prepared } from './prepare.js';
import { LayerProbe } from './probe.js';
import {
  type Available,
  type BatchMaps,
  type FinishOptions,
  readFloats,
  runMethod,
  runProbing,
} from './saliency.js';

type Tensors = Readonly<Record<string, Output | Feed>>;
type Layer = Tensor<4, 'float32'>;

/** By layer, as the session gave them and as the kernels take them; none where no method needs them. */
interface Gradients {
  readonly outputs?: readonly Output[];
  readonly gradients?: readonly Layer[];
  free(): void;
}

export interface RunOptions extends PassOptions {
  readonly signal?: AbortSignal;
}

/** The methods' part of one batch: what they need is made once and shared. */
export class BatchRun {
  private readonly batch: number;
  private readonly activations: Layer[] = [];
  /** f and a of a CALM model. */
  private calm: readonly [f: Layer, a: Layer] | undefined;
  private classWeights: Tensor<2> | undefined;
  private classMaps: Tensor<4> | undefined;
  /** By the resolution that methods ask for. */
  private readonly grays = new Map<number | undefined, Tensor<3, 'uint32'>>();
  /** Of the method that is passing the model. */
  private progress: PassCounter | undefined;
  /** What was read back. */
  private readonly taken: Float32Array<ArrayBuffer>[] = [];

  constructor(
    private readonly images: readonly Prepared[],
    private readonly tensors: Tensors,
    private readonly context: BatchContext,
    private readonly failures: Failures,
    private readonly options: RunOptions,
  ) {
    this.batch = images.length;
  }

  adoptLayers(): void {
    const { layers, plan } = this.context;
    for (const layer of layers) this.activations.push(this.adopt(`layer "${layer}"`, this.tensors[layer]));
    if (!plan.calm) return;
    const { scores, attention } = plan.calm;
    const adopt = (name: string) => this.adopt(`output "${name}"`, this.tensors[name]);
    this.calm = [adopt(scores), adopt(attention)];
  }

  release(): void {
    const { classWeights, classMaps } = this;
    const { backend, memory } = this.context;
    const shared = [...this.activations, ...this.grays.values(), ...(this.calm ?? [])];
    for (const tensor of [...shared, classWeights, classMaps]) if (tensor) backend.release(tensor);
    for (const room of this.taken) memory.give(room);
  }

  /** The maps of each image's first target, of each image's second, … Class-agnostic ones are made once. */
  async all(targets: readonly (readonly Target[] | undefined)[], classes: number): Promise<readonly Maps[]> {
    this.prepareShared();
    const rounds = Math.max(1, ...targets.map((list) => list?.length ?? 0));
    const made: Maps[] = [];
    for (let round = 0; round < rounds; round++) {
      const chosen = targets.map((list) => list?.[round]);
      made.push(await this.round(chosen, classes, made[0]));
    }
    return made;
  }

  /** What methods share but no image's class changes. */
  private prepareShared(): void {
    const { backend, ops, plan } = this.context;
    for (const method of plan.methods) {
      const resolution = 'resolution' in method ? method.resolution : undefined;
      if ((method.needs as readonly string[]).includes('image') && !this.grays.has(resolution))
        this.grays.set(resolution, uploadGray(this.images, resolution, this.context));
    }
    const needs = new Set<string>(plan.methods.flatMap((method) => [...method.needs]));
    if (!plan.classWeights) return;
    const { weights, classes, channels, identity } = plan.classWeights;
    if (needs.has('classWeights') || (needs.has('classMaps') && !identity))
      this.classWeights = backend.upload(weights, [classes, channels] as const, 'float32');
    if (needs.has('classMaps') && this.classWeights && !identity)
      this.classMaps = ops.classMaps(this.activations[0], this.classWeights);
  }

  private async round(chosen: Chosen, classes: number, first: Maps | undefined): Promise<Maps> {
    const { layers, plan, backend } = this.context;
    const before = performance.now();
    const found = await this.gradients(this.tensors, chosen, classes);
    const { pass } = this.options;
    const backward = (performance.now() - before) / this.batch;
    const { gradients, free } = found;
    const probes = this.activations.map((_, l) => this.probe(l, chosen, classes));
    try {
      const maps = new Map<AnyMethod, MethodMaps>();
      for (const method of plan.methods) {
        const known = method.classAgnostic ? first?.get(method) : undefined;
        if (known) {
          maps.set(method, known);
          continue;
        }
        await checkpoint(this.options.signal);
        const start = performance.now();
        const perLayer: BatchMaps[] = [];
        for (const l of this.layersOf(method).keys()) {
          const one =
            'probe' in method
              ? this.probing(method, l, probes[l])
              : this.mapping(method, l, found, chosen, classes);
          perLayer.push(await one);
        }
        const milliseconds = (performance.now() - start) / this.batch;
        const isBackward = (method.needs as readonly string[]).includes('gradients');
        const wholeMilliseconds = milliseconds + pass + (isBackward ? backward : 0);
        maps.set(method, { layers: perLayer, milliseconds, wholeMilliseconds });
      }
      for (const [l, layer] of layers.entries()) {
        const tensors = { activations: this.activations[l], ...(gradients && { gradients: gradients[l] }) };
        const ofLayer = [...maps.values()].flatMap((map) => map.layers[l] ?? []);
        await findNonFinite(layer, tensors, ofLayer, backend, this.failures);
      }
      return maps;
    } finally {
      free();
      for (const probe of probes) probe.release();
    }
  }

  /** CALM speaks of the model's outputs, whatever the target layers are. */
  private layersOf(method: AnyMethod): readonly Layer[] {
    const isCalm = (method.needs as readonly string[]).includes('positionScores');
    return isCalm ? this.activations.slice(0, 1) : this.activations;
  }

  private async mapping(
    method: Method,
    l: number,
    { gradients, outputs }: Gradients,
    chosen: Chosen,
    classes: number,
  ): Promise<BatchMaps> {
    const { backend, ops, eigenSmooth, plan, gradients: source } = this.context;
    const activations = this.activations[l];
    const shape = [this.batch, classes] as const;
    const target = method.needs.includes('target')
      ? backend.upload(targetOf(method, chosen, classes), shape, 'float32')
      : undefined;
    const available: Available = {
      activations,
      gradients: gradients?.[l],
      image: this.grays.get(method.resolution),
      target,
      classWeights: this.classWeights,
      classMaps: plan.classWeights?.identity ? activations : this.classMaps,
      positionScores: this.calm?.[0],
      attention: this.calm?.[1],
    };
    const smooth = eigenSmooth ? activations : undefined;
    try {
      const made = await runMethod(backend, ops, method, available, this.finishing(smooth));
      const { weights } = made;
      // A closed form is the same at every position: nothing cancels.
      if (!method.averages || !weights || !outputs || source?.way === 'closed form') return made;
      return { ...made, noise: cancelling(weights, outputs[l], this.batch) };
    } finally {
      if (target) backend.release(target);
    }
  }

  private probing(method: Exclude<AnyMethod, Method>, l: number, probe: LayerProbe): Promise<BatchMaps> {
    const { backend, ops, eigenSmooth } = this.context;
    const smooth = eigenSmooth ? this.activations[l] : undefined;
    this.progress = new PassCounter(method, this.images, this.options);
    return runProbing(backend, ops, method, probe, this.finishing(smooth));
  }

  private finishing(smooth: Layer | undefined): FinishOptions {
    const { backend, memory } = this.context;
    const read = (tensor: Tensor): Promise<Float32Array> => {
      const room = memory.take(elements(tensor.shape));
      this.taken.push(room);
      return readFloats(backend, tensor, room);
    };
    return { size: this.size(), smooth, read };
  }

  private probe(l: number, chosen: Chosen, classes: number): LayerProbe {
    const { context, batch } = this;
    const { plan, tails, layers, input } = context;
    const [c, h, w] = this.images[0].shape;
    const fed = this.tensors[input];
    if (!('data' in fed) || !(fed.data instanceof Float32Array)) throw new Error('expected what was fed.');
    const images = chosen.flatMap((target, at): ProbedImage[] =>
      target === undefined ? [] : [{ at, target: target.index }],
    );
    return new LayerProbe(
      { ...context, largest: plan.largest },
      {
        activations: this.activations[l],
        images,
        input: { data: fed.data, shape: [batch, c, h, w] },
        linear: plan.linear ? plan.classWeights : undefined,
        cut: tails.get(layers[l]),
        signal: this.options.signal,
        elsewhere: async (data) => {
          const made = await this.elsewhere(data, l, chosen, classes);
          this.progress?.elsewhere();
          return made;
        },
        passed: (at, done, total, isWhole) => this.progress?.passed(at, done, total, isWhole),
      },
    );
  }

  /** Activations and gradients of other inputs, for the same classes. */
  private async elsewhere(
    data: Float32Array,
    l: number,
    chosen: Chosen,
    classes: number,
  ): Promise<Elsewhere> {
    const { session, input, layers, backend } = this.context;
    const fed: Feed = { data, shape: [this.batch, ...this.images[0].shape] };
    const outputs = await session.run({ [input]: fed }, { signal: this.options.signal });
    let activations: Layer | undefined;
    const freeOutputs = () => {
      if (activations) backend.release(activations);
      for (const output of Object.values(outputs)) if (isDeviceTensor(output)) output.dispose();
    };
    try {
      activations = this.adopt(`layer "${layers[l]}"`, outputs[layers[l]]);
      const { gradients, free } = await this.gradients({ ...outputs, [input]: fed }, chosen, classes);
      if (!gradients) throw new Error('elsewhere: expected a method that declares that it needs gradients.');
      const release = () => {
        free();
        freeOutputs();
      };
      return { activations, gradients: gradients[l], release };
    } catch (error) {
      freeOutputs();
      throw error;
    }
  }

  /** The gradients of each image's class, where a method needs them. */
  private async gradients(tensors: Tensors, chosen: Chosen, classes: number): Promise<Gradients> {
    const { gradients: source, layers, backend, reader } = this.context;
    if (!source) return { free: () => {} };
    const { data, columns } = reader.cotangent(classWeightsOf(chosen, classes), this.batch);
    const outputs = await source.gradients(tensors, data, [this.batch, columns], this.options.signal);
    const gradients: Layer[] = [];
    const free = () => {
      for (const tensor of gradients) backend.release(tensor);
      for (const output of outputs) if (isDeviceTensor(output)) output.dispose();
    };
    try {
      for (const [l, output] of outputs.entries())
        gradients.push(this.adopt(`gradient of layer "${layers[l]}"`, output, source.way === 'closed form'));
    } catch (error) {
      free();
      throw error;
    }
    return { gradients, outputs, free };
  }

  private size(): readonly [number, number] {
    const [, height, width] = this.images[0].shape;
    return [height, width];
  }

  private adopt(where: string, output: Output | Feed, finite = false): Layer {
    if (!('dtype' in output || 'buffer' in output))
      throw new CamError('layer', `${where}: expected a tensor inside the model, got its input.`);
    return toBackend(where, output, this.batch, this.context.backend, finite ? undefined : this.failures);
  }
}
