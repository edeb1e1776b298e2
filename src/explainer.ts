import type { Backend } from './backends/backend.js';
import { openBackend } from './backends/select.js';
import type { WebGpuBackend } from './backends/webgpu.js';
import { CamError } from './errors.js';
import { explainBatch } from './explain/batch.js';
import type { Explainer, ExplainerOptions, ExplainOptions, ModelFile } from './explain/options.js';
import { type InputSize, type Prepared, prepare } from './explain/prepare.js';
import type { TargetSpec } from './explain/targets.js';
import { defaultPreprocessing } from './image/index.js';
import { type Ops, opsOn } from './kernels/ops.js';
import type { Method } from './methods/method.js';
import { miCam } from './methods/mi-cam.js';
import {
  candidateLayers,
  classifyTail,
  type Layer,
  type Model,
  parseModel,
  resolveLayer,
  shareWeights,
  type Tail,
  targetLayer,
} from './onnx/index.js';
import { openSession, type Session } from './runtime/index.js';
import type { Explanation, InputTensor, Picture, Preprocessing } from './types.js';

export type { Explainer, ExplainerOptions, ExplainOptions, ModelFile } from './explain/options.js';

const DEFAULT_BATCH = 8;

/**
 * Opens a classifier to explain it: picks the target layer, opens backend and session. The session is shared by all methods:
 * one forward pass per batch.
 *
 * @param source  The model's bytes, or a `ModelFile`; a string is a URL (in Node a path).
 * @throws {CamError} `model`, `layer`, `option`, `backend`.
 */
export async function createExplainer(
  source: ModelFile | Uint8Array | ArrayBuffer | string | URL,
  options: ExplainerOptions = {},
): Promise<Explainer> {
  const file = await modelFile(source);
  const model = parseModel(file.bytes, file.name);
  const layers = (options.layers ?? []).map((name) => ({
    name: resolveLayer(model, name).name,
    reason: 'as asked',
  }));
  if (layers.length === 0) layers.push(targetLayer(model));
  const tail = classifyTail(model, layers[layers.length - 1].name);
  const backend = await openBackend(options.backend);
  try {
    const session = await openModelSession(
      model,
      file,
      [...layers.map(({ name }) => name), tail.output],
      backend,
      options,
    );
    return new OnnxExplainer(model, tail, layers, backend, session, options);
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

async function modelFile(source: ModelFile | Uint8Array | ArrayBuffer | string | URL): Promise<ModelFile> {
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) };
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  const response = await fetch(source).catch((cause: unknown) => {
    throw new CamError('model', `model: ${source} cannot be fetched (${String(cause)}).`, { cause });
  });
  if (!response.ok)
    throw new CamError('model', `model: ${source} cannot be fetched (status ${response.status}).`);
  return { bytes: new Uint8Array(await response.arrayBuffer()), name: String(source) };
}

async function openModelSession(
  model: Model,
  file: ModelFile,
  outputs: readonly string[],
  backend: Backend,
  { runtime = 'auto', threads, sessionFactory }: ExplainerOptions,
): Promise<Session> {
  // Several sessions and the graph read the weights from the one buffer of the file.
  const shared = shareWeights(model, outputs);
  const bytes = { bytes: shared.bytes, externalData: [...shared.externalData, ...(file.externalData ?? [])] };
  const common = { threads, sessionFactory };
  const gpu = backend.name === 'webgpu' ? (backend as WebGpuBackend).gpu : undefined;
  // A software adapter is right but slower than the CPU runtime, so that only kernels run there unless asked otherwise.
  if (gpu && !sessionFactory && (runtime === 'webgpu' || (runtime === 'auto' && !gpu.software))) {
    try {
      const keepOnDevice = outputs.slice(0, -1);
      return await openSession(bytes, { ...common, runtime: 'webgpu', device: gpu.device, keepOnDevice });
    } catch (error) {
      // Where ONNX Runtime's provider cannot be had, activations of the CPU runtime are uploaded; results name it.
      if (runtime === 'webgpu' || !(error instanceof CamError && error.code === 'backend')) throw error;
    }
  }
  return openSession(bytes, { ...common, runtime });
}

class OnnxExplainer implements Explainer {
  readonly backend: 'wasm' | 'webgpu';
  readonly device: string;
  readonly runtime: string;
  readonly labels?: readonly string[];
  readonly input: Explainer['input'];
  readonly preprocessing: Preprocessing;
  private readonly methods: readonly Method[];
  private readonly ops: Ops;
  private readonly size: InputSize;
  private readonly candidates: readonly Layer[];

  constructor(
    model: Model,
    private readonly tail: Tail,
    readonly layers: Explainer['layers'],
    private readonly kernels: Backend,
    private readonly session: Session,
    private readonly options: ExplainerOptions,
  ) {
    this.backend = kernels.name;
    this.device = kernels.device;
    this.runtime = session.runtime;
    this.labels = options.labels;
    this.input = model.graph.inputs[0];
    this.methods = options.methods ?? [miCam()];
    this.ops = opsOn(kernels);
    this.size = inputSize(this.input);
    this.candidates = candidateLayers(model);
    this.preprocessing = this.forInput(
      options.preprocessing ??
        defaultPreprocessing(
          [this.size.height ?? 224, this.size.width ?? 224],
          this.size.channels === 1 ? 1 : 3,
        ),
    );
  }

  /** A model with 8-bit input normalises inside: it is fed the pixels themselves. */
  private forInput(preprocessing: Preprocessing): Preprocessing {
    if (this.input.dtype !== 'uint8') return preprocessing;
    const each = <T>(value: T): T[] => Array.from({ length: this.size.channels }, () => value);
    return { ...preprocessing, scale: 1, mean: each(0), std: each(1) };
  }

  async explain(
    images: readonly (Picture | InputTensor)[],
    options: ExplainOptions = {},
  ): Promise<Explanation[]> {
    if (options.targets && options.targets.length !== images.length) {
      throw new CamError(
        'option',
        `targets: expected one entry per image (${images.length}), got ${options.targets.length}.`,
      );
    }
    const explanations: Explanation[] = [];
    for await (const explanation of this.stream(images, options)) explanations.push(explanation);
    return explanations;
  }

  async *stream(
    images: Iterable<Picture | InputTensor> | AsyncIterable<Picture | InputTensor>,
    options: ExplainOptions = {},
  ): AsyncGenerator<Explanation, void, undefined> {
    const { batch = DEFAULT_BATCH } = options;
    if (!(Number.isInteger(batch) && batch >= 1)) {
      throw new CamError('option', `batch: expected a whole number of at least 1, got ${batch}.`);
    }
    const fail = failer(options.onError);
    let waiting: Prepared[] = [];
    let image = 0;
    for await (const source of images) {
      let next: Prepared | undefined;
      try {
        next = prepare(source, image, {
          input: this.size,
          preprocessing: this.preprocessing,
          known: this.options.preprocessing !== undefined,
        });
      } catch (error) {
        fail(error, image);
      }
      image++;
      if (!next) continue;
      // One pass takes images of one size.
      if (
        waiting.length === batch ||
        (waiting.length > 0 && String(waiting[0].shape) !== String(next.shape))
      ) {
        yield* await this.batch(waiting, options);
        waiting = [];
      }
      waiting.push(next);
    }
    if (waiting.length > 0) yield* await this.batch(waiting, options);
  }

  private async batch(images: readonly Prepared[], options: ExplainOptions): Promise<Explanation[]> {
    const fail = failer(options.onError);
    try {
      return await explainBatch(images, {
        backend: this.kernels,
        ops: this.ops,
        session: this.session,
        methods: this.methods,
        layers: this.layers.map(({ name }) => name),
        tail: this.tail,
        candidates: this.candidates,
        input: this.input.name,
        labels: this.labels,
        specs: (at) => asList(options.targets?.[at] ?? options.target ?? 'predicted'),
        fail,
      });
    } catch (error) {
      // What fails for a batch may be the fault of one image: each is tried alone before it is given up.
      if (images.length === 1) {
        fail(error, images[0].image);
        return [];
      }
      if (!options.onError) throw error;
      const each: Explanation[] = [];
      for (const one of images) each.push(...(await this.batch([one], options)));
      return each;
    }
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
    this.kernels.dispose();
  }
}

const asList = (spec: TargetSpec | readonly TargetSpec[]): readonly TargetSpec[] =>
  typeof spec === 'object' ? spec : [spec];

/** Reports an image's failure, or throws it where nobody listens. Only what the package understands is an image's fault. */
function failer(onError: ExplainOptions['onError']): (error: unknown, image: number) => void {
  return (error, image) => {
    if (!onError || !(error instanceof CamError)) throw error;
    onError(error, image);
  };
}

function inputSize({ name, shape }: Explainer['input']): InputSize {
  const known = (axis: number): number | undefined => {
    const length = shape?.[axis];
    return typeof length === 'number' ? length : undefined;
  };
  if (shape && shape.length !== 4) {
    throw new CamError(
      'model',
      `input "${name}": expected images [n, channels, H, W], got [${shape.join(', ')}].`,
    );
  }
  return { channels: known(1) ?? 3, height: known(2), width: known(3) };
}
