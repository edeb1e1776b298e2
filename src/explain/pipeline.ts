/** From planned needs to explanations: open, provide, map, finish. */
import { CamError } from '../errors.js';
import type { AnyMethod, Method } from '../methods/method.js';
import type { Probe, ProbingMethod } from '../methods/probing.js';
import { type AnyNeed, takes } from '../methods/takes.js';
import { shareWeights } from '../onnx/expose.js';
import type { Model } from '../onnx/model.js';
import type { Network } from '../onnx/network.js';
import { checkpoint } from '../runtime/index.js';
import {
  type AnyTarget,
  chooseTargets,
  isSum,
  isWeights,
  type TargetContext,
  type TargetFunction,
} from '../targets/index.js';
import type { Explanation } from '../types.js';
import { Batch, type Context, disposeAll } from './batch.js';
import { findNonFinite } from './failures.js';
import { expectFinite } from './finite.js';
import { concat } from './memory.js';
import type { Need, OpenNeed, Provided, Targets } from './needs/need.js';
import type { MethodProgress } from './options.js';
import { PassCounter, type PassOptions, usualPass } from './pass-counter.js';
import { needsOf, type Plan } from './plan.js';
import type { Prepared } from './prepare.js';
import { explanationOf, type Maps, type MethodMaps } from './result/explanation.js';
import { type BatchMaps, type FinishOptions, readFloats, runMethod, runProbing } from './run-method.js';
import type { Opener } from './sessions.js';

/** What is open: everything that a batch takes to become explanations. */
export interface Pipeline extends Context {
  readonly methods: readonly AnyMethod[];
  readonly needs: ReadonlyMap<Need, OpenNeed>;
  /** Images that a pass has to have, where it cannot be any number. */
  readonly exactBatch?: number;
  /** The layout of a layer of a picture `[H, W]`, for those that have another grid at each size. */
  readonly layoutAt: Network['layoutAt'];
  /** A layer to try where a map is flat. */
  readonly alternative?: string;
  readonly eigenSmooth: boolean;
  /** What targets are chosen with, but for the size. */
  readonly targeting: Omit<TargetContext, 'size'>;
}

/** Opens the forward model, which gives layers, scores and what else is needed, and then the needs. */
export async function openNeeds(
  model: Model,
  { needs }: Plan,
  { layers, reader }: Pick<Context, 'layers' | 'reader'>,
  opener: Opener,
): Promise<Pick<Pipeline, 'session' | 'needs' | 'exactBatch'>> {
  const plans = [...needs.values()];
  const names = layers.map(({ name }) => name);
  const outputs = [...names, ...reader.tensors, ...plans.flatMap(({ outputs = [] }) => outputs)];
  const onHost = new Set([...reader.tensors, ...plans.flatMap(({ onHost = [] }) => onHost)]);
  const turned = new Set(layers.flatMap(({ name, layout }) => (layout.kind === 'nchw' ? [] : [name])));
  const onDevice = new Set([...names, ...plans.flatMap(({ onDevice = [] }) => onDevice)]);
  const forward = plans.find(({ forward }) => forward)?.forward ?? ((all) => shareWeights(model, all));
  const session = await opener(
    forward(outputs),
    // Layers of another layout are turned on the host, also where the backward pass takes them.
    [...onDevice].filter((name) => !onHost.has(name) && !turned.has(name)),
  );
  const opened = new Map<Need, OpenNeed>();
  for (const [need, plan] of needs) opened.set(need, await plan.open(opener));
  return { session, needs: opened, exactBatch: plans.find(({ exactBatch }) => exactBatch)?.exactBatch };
}

export interface BatchRequest {
  /** The classes asked for, by the image's position among all. */
  readonly specs: (image: number) => readonly AnyTarget[];
  /** Takes note of an image that cannot be explained, or throws. */
  readonly fail: (error: unknown, image: number) => void;
  /** Stops it between passes; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MethodProgress) => void;
}

/**
 * Explains images of one size. One forward pass serves all methods; one backward pass serves a target of each
 * image.
 */
export async function explainBatch(
  given: readonly Prepared[],
  ofAnySize: Pipeline,
  request: BatchRequest,
): Promise<Explanation[]> {
  const pipeline = ofSize(ofAnySize, given[0].shape);
  const images = filledUp(given, pipeline.exactBatch);
  const { batch, milliseconds } = await forwardPass(images, pipeline, request.signal);
  const provided = new Map<Need, Provided>();
  try {
    for (const layer of pipeline.methods.length > 0 ? pipeline.layers.keys() : []) batch.activations(layer);
    for (const need of needsOf(pipeline.methods)) {
      const open = pipeline.needs.get(need);
      if (open) provided.set(need, open.provide(batch));
    }
    const targets = images.map((_, at) => targetsOf(batch, at, request, pipeline));
    const rounds = Math.max(0, ...targets.map((list) => list.length));
    // Only where somebody is waiting for many passes is another one worth its time.
    const isLong = request.onProgress !== undefined && pipeline.methods.some((method) => 'probe' in method);
    const usual = isLong ? await usualMilliseconds(batch, milliseconds) : milliseconds;
    const time = { pass: milliseconds, usualPass: usual, onProgress: request.onProgress };
    const made: Maps[] = [];
    for (let round = 0; round < rounds && pipeline.methods.length > 0; round++) {
      const ofRound = targets.map((list) => list[round]);
      made.push(await mapsOf(ofRound, batch, pipeline, provided, time, made[0]));
    }
    return given.flatMap((image, at) => {
      const error = batch.failures.of(at);
      if (error) {
        request.fail(error, image.image);
        return [];
      }
      return targets[at].map((target, round) =>
        explanationOf(image, at, batch, target, made[round] ?? NO_MAPS, pipeline),
      );
    });
  } finally {
    for (const one of provided.values()) one.release();
    batch.release();
  }
}

/** The pipeline with the grids that its layers have for pictures `[C, H, W]`. */
function ofSize(pipeline: Pipeline, [, height, width]: Prepared['shape']): Pipeline {
  const layers = pipeline.layers.map((layer) => {
    if (layer.layout.kind !== 'tokens' || !layer.layout.isScaled) return layer;
    return { ...layer, layout: pipeline.layoutAt(layer.name, [height, width]) };
  });
  return { ...pipeline, layers };
}

/** As many images as a pass has to have: the last one stands for those that are missing. */
function filledUp(images: readonly Prepared[], exact = images.length): readonly Prepared[] {
  return Array.from({ length: exact }, (_, at) => images[Math.min(at, images.length - 1)]);
}

const NO_MAPS: Maps = new Map();

async function forwardPass(images: readonly Prepared[], pipeline: Pipeline, signal: AbortSignal | undefined) {
  const { session, input, reader, methods } = pipeline;
  const [c, h, w] = images[0].shape;
  const shape = [images.length, c, h, w] as const;
  const fed = { data: concat(images.map(({ tensor }) => tensor)), shape };
  const start = performance.now();
  const wanted = methods.length > 0 ? undefined : reader.tensors;
  const further = pipeline.further(images.map(({ image }) => pipeline.rowOf(image)));
  const outputs = await session.run({ ...further, [input]: fed }, { outputs: wanted, signal });
  const milliseconds = (performance.now() - start) / images.length;
  return { batch: new Batch(pipeline, images, methods, fed, outputs, signal), milliseconds };
}

/** Milliseconds of a pass for one image, once the session is warm. */
function usualMilliseconds(batch: Batch, milliseconds: number): Promise<number> {
  return usualPass(batch.context.session, milliseconds, async () => {
    const start = performance.now();
    disposeAll(await batch.run(batch.fed.data));
    return (performance.now() - start) / batch.size;
  });
}

/** What is explained of one image; nothing where that fails. */
function targetsOf(
  { pass, failures, images, fed }: Batch,
  at: number,
  { specs }: BatchRequest,
  { reader, methods, targeting }: Pipeline,
): readonly TargetFunction[] {
  // What is wrong with the output is wrong for every image.
  const scores = pass.scores(at);
  const check = (): readonly TargetFunction[] => {
    expectFinite(`output "${reader.scores.output}"`, scores, [scores.length]);
    pass.probabilities(at);
    const asked = specs(images[at].image);
    if (asked.some((spec) => isWeights(spec) || isSum(spec))) expectWeightable(methods);
    return chooseTargets(asked, pass, at, { ...targeting, size: [fed.shape[2], fed.shape[3]] });
  };
  return failures.check(at, check) ?? [];
}

/**
 * @throws {CamError} `target` for a method that speaks of single classes: neither a gradient nor the layer
 *   alone makes its map.
 */
function expectWeightable(methods: readonly AnyMethod[]): void {
  const other = methods.find((method) => !method.classAgnostic && !takes(method, 'gradients'));
  if (other)
    throw new CamError(
      'target',
      `target: expected a class (${other.name} explains one at a time), got weights of all. Ask for methods that take gradients, or for a class.`,
    );
}

/** The maps of one target of each image. Class-agnostic ones are made once: `first` has them. */
async function mapsOf(
  targets: Targets,
  batch: Batch,
  pipeline: Pipeline,
  provided: ReadonlyMap<Need, Provided>,
  passes: PassOptions,
  first: Maps | undefined,
): Promise<Maps> {
  const { layers, backend, ops } = pipeline;
  const preparing = new Map<Need, number>();
  for (const [need, one] of provided) {
    const start = performance.now();
    await one.forTargets?.(targets);
    preparing.set(need, (performance.now() - start) / batch.size);
  }
  const all = [...provided.values()];
  const maps = new Map<AnyMethod, MethodMaps>();
  for (const method of pipeline.methods) {
    const known = method.classAgnostic ? first?.get(method) : undefined;
    if (known) {
      maps.set(method, known);
      continue;
    }
    await checkpoint(batch.signal);
    const start = performance.now();
    const perLayer: BatchMaps[] = [];
    const own = [...needsOf([method])];
    const served = own.flatMap((need) => pipeline.needs.get(need) ?? []);
    // A need whose maps are of a tensor of its own gives one, whatever the target layers are.
    for (const layer of served.some(({ layer }) => layer) ? [0] : layers.keys()) {
      const finish = finishing(batch, layer, pipeline);
      const one =
        'probe' in method
          ? runProbing(backend, ops, method, probeOf(method, layer, targets, batch, all, passes), finish)
          : mapping(method, layer, pipeline, all, finish);
      perLayer.push(await one);
    }
    const milliseconds = (performance.now() - start) / batch.size;
    const shared = own.reduce((sum, need) => sum + (preparing.get(need) ?? 0), passes.pass);
    maps.set(method, { layers: perLayer, milliseconds, wholeMilliseconds: milliseconds + shared, served });
  }
  for (const [l, { name: layer }] of layers.entries()) {
    const suspects = all.flatMap((one) => one.suspects?.(l) ?? []);
    const ofLayer = [...maps.values()].flatMap((map) => map.layers[l] ?? []);
    await findNonFinite(layer, suspects, ofLayer, batch.size, backend, batch.failures);
  }
  return maps;
}

function finishing(batch: Batch, layer: number, { eigenSmooth }: Pipeline): FinishOptions {
  const [, , height, width] = batch.fed.shape;
  const smooth = eigenSmooth ? batch.activations(layer) : undefined;
  return { size: [height, width], smooth, read: (tensor) => batch.read(tensor) };
}

async function mapping(
  method: Method,
  layer: number,
  { backend, ops }: Pipeline,
  provided: readonly Provided[],
  finish: FinishOptions,
): Promise<BatchMaps> {
  const available = Object.assign({}, ...provided.map((one) => one.inputs?.(method, layer)));
  const made = await runMethod(backend, ops, method, available, finish);
  return {
    ...made,
    remarks: provided.flatMap((one) => (one.remarks ? [one.remarks(method, layer, made)] : [])),
  };
}

/** The model as a method that runs it sees it. */
function probeOf(
  method: ProbingMethod,
  layer: number,
  targets: Targets,
  batch: Batch,
  provided: readonly Provided[],
  passes: PassOptions,
): Probe {
  const { backend } = batch.context;
  const values: Probe['values'] = (tensor) => readFloats(backend, tensor);
  const undeclared = (need: AnyNeed) => async (): Promise<never> => {
    throw new Error(`${method.name}: expected a method that declares that it needs "${need}".`);
  };
  const own: Omit<Probe, 'varying'> = {
    activations: batch.activations(layer),
    images: targets.flatMap((target, at) => (target ? [{ at, target: target.index }] : [])),
    input: batch.fed,
    values,
    compute: async (make) => {
      const made = backend.scope(make);
      return values(made).finally(() => backend.release(made));
    },
    masked: undeclared('forward'),
    tail: undeclared('tail'),
    elsewhere: undeclared('gradients'),
  };
  const counter = new PassCounter(method, batch.images, passes);
  return Object.assign(own, ...provided.map((one) => one.probe?.(layer, counter)));
}
