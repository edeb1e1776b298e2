import type { Backend } from './backends/backend.js';
import { openBackend } from './backends/select.js';
import { CamError } from './errors.js';
import { type BatchContext, explainBatch } from './explain/batch.js';
import type { GradientSource } from './explain/gradients.js';
import type { Explainer, ExplainerOptions, ExplainOptions, ModelFile } from './explain/options.js';
import { type InputSize, type Prepared, prepare } from './explain/prepare.js';
import { planGradients, sessionOpener } from './explain/sessions.js';
import type { TargetSpec } from './explain/targets.js';
import { defaultPreprocessing } from './image/index.js';
import { opsOn } from './kernels/ops.js';
import type { Method } from './methods/method.js';
import { miCam } from './methods/mi-cam.js';
import {
  candidateLayers,
  classifyTail,
  type Model,
  parseModel,
  resolveLayer,
  shareWeights,
  type Tail,
  tappedModel,
  targetLayer,
} from './onnx/index.js';
import type { Session } from './runtime/index.js';
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
  const external = new Map(file.externalData?.map(({ path, data }) => [path, data]));
  const model = parseModel(file.bytes, file.name, external);
  const layers = (options.layers ?? []).map((name) => ({
    name: resolveLayer(model, name).name,
    reason: 'as asked',
  }));
  if (layers.length === 0) layers.push(targetLayer(model));
  const tail = classifyTail(model, layers[layers.length - 1].name);
  const backend = await openBackend(options.backend);
  const opened: Session[] = [];
  const opener = sessionOpener(file, backend, options, opened);
  try {
    const methods = options.methods ?? [miCam()];
    const names = layers.map(({ name }) => name);
    const outputs = [...names, tail.output];
    const needsGradients = methods.some(({ needs }) => needs.includes('gradients'));
    const plan = needsGradients ? planGradients(model, tail, names, options) : undefined;
    const forward = plan?.backward ? tappedModel(plan.backward, outputs) : shareWeights(model, outputs);
    // What the backward model is fed comes to the host on its way.
    const session = await opener(
      forward,
      names.filter((name) => !plan?.backward?.taps.includes(name)),
    );
    const gradients = plan && (await plan.open(opener));
    return new OnnxExplainer(model, options, { tail, layers, backend, session, gradients, methods });
  } catch (error) {
    for (const session of opened) await session.dispose();
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

interface Parts {
  readonly tail: Tail;
  readonly layers: Explainer['layers'];
  readonly backend: Backend;
  readonly session: Session;
  readonly gradients: GradientSource | undefined;
  readonly methods: readonly Method[];
}

class OnnxExplainer implements Explainer {
  readonly backend: 'wasm' | 'webgpu';
  readonly device: string;
  readonly runtime: string;
  readonly layers: Explainer['layers'];
  readonly labels?: readonly string[];
  readonly input: Explainer['input'];
  readonly preprocessing: Preprocessing;
  private readonly size: InputSize;
  private readonly context: BatchContext;

  constructor(
    model: Model,
    private readonly options: ExplainerOptions,
    { layers, ...parts }: Parts,
  ) {
    this.layers = layers;
    this.backend = parts.backend.name;
    this.device = parts.backend.device;
    this.runtime = parts.session.runtime;
    this.labels = options.labels;
    this.input = model.graph.inputs[0];
    this.size = inputSize(this.input);
    this.context = {
      ...parts,
      ops: opsOn(parts.backend),
      layers: layers.map(({ name }) => name),
      candidates: candidateLayers(model),
      input: this.input.name,
      labels: options.labels,
    };
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
      const specs = (at: number) => asList(options.targets?.[at] ?? options.target ?? 'predicted');
      return await explainBatch(images, this.context, { specs, fail });
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
    await this.context.session.dispose();
    await this.context.gradients?.dispose();
    this.context.backend.dispose();
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
