import type { Backend, Tensor } from '../backends/backend.js';
import type { WebGpuBackend } from '../backends/webgpu.js';
import { CamError } from '../errors.js';
import { resizeGray } from '../image/index.js';
import type { Ops } from '../kernels/ops.js';
import type { Method } from '../methods/method.js';
import type { Layer, Tail } from '../onnx/index.js';
import type { DeviceTensor, RuntimeTensor, Session } from '../runtime/index.js';
import type { Explanation, LayerMap, SaliencyMap } from '../types.js';
import { expectFinite } from './finite.js';
import type { Prepared } from './prepare.js';
import { type BatchMaps, flatness, fuse, runMethod } from './saliency.js';
import { probabilities, resolveTarget, type TargetSpec } from './targets.js';

export interface BatchContext {
  readonly backend: Backend;
  readonly ops: Ops;
  readonly session: Session;
  readonly methods: readonly Method[];
  readonly layers: readonly string[];
  readonly tail: Tail;
  readonly candidates: readonly Layer[];
  readonly input: string;
  readonly labels?: readonly string[];
  /** The classes asked for, by the image's position among all. */
  readonly specs: (image: number) => readonly TargetSpec[];
  /** Takes note of an image that cannot be explained, or throws. */
  readonly fail: (error: unknown, image: number) => void;
}

type LayerOutput = RuntimeTensor | DeviceTensor;

const onDevice = (output: LayerOutput): output is DeviceTensor => 'buffer' in output;

/** Explains images of one size in one forward pass. */
export async function explainBatch(
  images: readonly Prepared[],
  context: BatchContext,
): Promise<Explanation[]> {
  const { backend, session, layers, tail } = context;
  const [c, h, w] = images[0].shape;
  const outputs = await session.run({
    [context.input]: { data: concat(images.map(({ tensor }) => tensor)), shape: [images.length, c, h, w] },
  });
  const broken = new Map<number, CamError>();
  const uploaded: Tensor[] = [];
  try {
    const activations = layers.map((layer) => {
      const tensor = toBackend(layer, outputs[layer], images.length, backend, broken);
      uploaded.push(tensor);
      return tensor;
    });
    const maps = await runMethods(images, activations, context);
    await findNonFinite(layers, activations, maps, backend, broken);
    const scores = scoresOf(outputs[tail.output], tail.output, images.length);
    return images.flatMap((image, at) => {
      try {
        const error = broken.get(at);
        if (error) throw error;
        return explanationsOf(image, at, plane(scores, at, images.length), maps, images.length, context);
      } catch (error) {
        context.fail(error, image.image);
        return [];
      }
    });
  } finally {
    for (const tensor of uploaded) backend.release(tensor);
    for (const output of Object.values(outputs)) if (onDevice(output)) output.dispose();
  }
}

/** By method: what each layer gave, and the milliseconds one image cost. */
type MethodMaps = ReadonlyMap<
  Method,
  { readonly layers: readonly BatchMaps[]; readonly milliseconds: number }
>;

async function runMethods(
  images: readonly Prepared[],
  activations: readonly Tensor<4>[],
  { backend, ops, methods }: BatchContext,
): Promise<MethodMaps> {
  const [, height, width] = images[0].shape;
  const maps = new Map<Method, { layers: BatchMaps[]; milliseconds: number }>();
  const grays = new Map<number | undefined, Tensor<3, 'uint32'>>();
  try {
    for (const method of methods) {
      const start = performance.now();
      if (!grays.has(method.resolution))
        grays.set(method.resolution, uploadGray(images, method.resolution, backend));
      const image = grays.get(method.resolution)!;
      const layers: BatchMaps[] = [];
      for (const layer of activations) {
        layers.push(await runMethod(backend, ops, method, { activations: layer, image }, [height, width]));
      }
      maps.set(method, { layers, milliseconds: (performance.now() - start) / images.length });
    }
    return maps;
  } finally {
    for (const gray of grays.values()) backend.release(gray);
  }
}

function uploadGray(
  images: readonly Prepared[],
  resolution: number | undefined,
  backend: Backend,
): Tensor<3, 'uint32'> {
  const [, height, width] = images[0].shape;
  const factor = Math.min(1, (resolution ?? Number.POSITIVE_INFINITY) / Math.max(height, width));
  const [h, w] = [height, width].map((side) => Math.max(1, Math.round(side * factor)));
  const planes = images.map(({ gray }) => (factor < 1 ? resizeGray(gray, [height, width], [h, w]) : gray));
  const data = new Uint32Array(images.length * h * w);
  planes.forEach((plane, n) => {
    data.set(plane, n * h * w);
  });
  return backend.upload(data, [images.length, h, w], 'uint32');
}

/** Takes a layer to the kernels' backend. Non-finite values on the host are noted for their image. */
function toBackend(
  layer: string,
  output: LayerOutput,
  batch: number,
  backend: Backend,
  broken: Map<number, CamError>,
): Tensor<4> {
  const [n, k, h, w] = output.shape;
  if (output.shape.length !== 4 || n !== batch || k * h * w === 0) {
    throw new CamError(
      'layer',
      `layer "${layer}": expected [${batch}, k, h, w], got [${output.shape.join(', ')}].`,
    );
  }
  const shape = [n, k, h, w] as const;
  if (onDevice(output)) return (backend as WebGpuBackend).wrap(output.buffer, shape);
  const data = floats(output, `layer "${layer}"`);
  for (let at = 0; at < batch; at++) {
    note(broken, at, () => expectFinite(`layer "${layer}"`, plane(data, at, batch), [k, h, w]));
  }
  return backend.upload(data, shape, 'float32');
}

/** Activations that stayed on the device are looked at only where a map shows that something is wrong. */
async function findNonFinite(
  layers: readonly string[],
  activations: readonly Tensor<4>[],
  maps: MethodMaps,
  backend: Backend,
  broken: Map<number, CamError>,
): Promise<void> {
  for (const [l, layer] of layers.entries()) {
    const [batch, k, h, w] = activations[l].shape;
    for (let at = 0; at < batch; at++) {
      const finite = [...maps.values()].every((map) =>
        plane(map.layers[l].raw, at, batch).every(Number.isFinite),
      );
      if (finite || broken.has(at)) continue;
      const values = await backend.read(activations[l] as Tensor<4, 'float32'>);
      note(broken, at, () => {
        expectFinite(`layer "${layer}"`, plane(values, at, batch), [k, h, w]);
        throw new CamError(
          'input',
          `layer "${layer}": the map overflows float32 although the activations are finite.`,
        );
      });
    }
  }
}

function note(broken: Map<number, CamError>, at: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof CamError)) throw error;
    if (!broken.has(at)) broken.set(at, error);
  }
}

function explanationsOf(
  { image, shape }: Prepared,
  at: number,
  row: Float32Array,
  maps: MethodMaps,
  batch: number,
  context: BatchContext,
): Explanation[] {
  const { backend, session, tail, labels, candidates, layers } = context;
  const scores = row.slice();
  expectFinite(`output "${tail.output}"`, scores, [scores.length]);
  const alternative = candidates.findLast(
    ({ name, opType }) => opType === 'Relu' && !layers.includes(name),
  )?.name;
  const named = [...maps].map(([method, { layers: batchMaps, milliseconds }]) => {
    const saliencies = batchMaps.map(({ saliency }) => plane(saliency, at, batch).slice());
    const layerMaps: LayerMap[] = batchMaps.map(({ raw, coarse, weights }, l) => ({
      layer: layers[l],
      raw: { data: plane(raw, at, batch).slice(), shape: coarse },
      weights: weights && plane(weights, at, batch).slice(),
    }));
    const diagnostics = layerMaps.flatMap((map, l) => flatness(map, saliencies[l], alternative) ?? []);
    const map: SaliencyMap = {
      method: method.name,
      saliency: fuse(saliencies),
      shape: [shape[1], shape[2]],
      layers: layerMaps,
      raw: layerMaps[0].raw,
      weights: layerMaps[0].weights,
      classAgnostic: method.classAgnostic,
      diagnostics,
      milliseconds,
    };
    return [method.name, map] as const;
  });
  const chances = probabilities(scores, tail.normalisation);
  return context.specs(image).map((spec) => ({
    image,
    target: resolveTarget(spec, scores, chances, labels),
    maps: Object.fromEntries(named),
    scores,
    backend: backend.name,
    runtime: session.runtime,
  }));
}

/** The scores `[n, C]`; `[n, C, 1, 1]` counts as such. */
function scoresOf(output: LayerOutput, name: string, batch: number): Float32Array {
  const wide = output.shape.filter((length, axis) => axis > 1 && length !== 1).length > 0;
  if (onDevice(output) || output.shape[0] !== batch || output.shape.length < 2 || wide) {
    throw new CamError(
      'model',
      `output "${name}": expected class scores [${batch}, C], got [${output.shape.join(', ')}].`,
    );
  }
  return floats(output, `output "${name}"`);
}

function floats(output: RuntimeTensor, where: string): Float32Array {
  if (output.data instanceof Float32Array) return output.data;
  throw new CamError('model', `${where}: expected float32 or float16 values, got ${output.dtype}.`);
}

function concat(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const all = new Float32Array(parts.length * parts[0].length);
  parts.forEach((part, n) => {
    all.set(part, n * part.length);
  });
  return all;
}

/** One image's part of a batch: a view. */
function plane(values: Float32Array, at: number, batch: number): Float32Array {
  const length = values.length / batch;
  return values.subarray(at * length, (at + 1) * length);
}
