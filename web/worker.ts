/** The explainer, off the page's thread: a run of ONNX Runtime blocks the thread that it is called on. */
import {
  CamError,
  createExplainer,
  type Explainer,
  type ExplainerOptions,
  type ModelFile,
  methods,
} from '../src/index.js';
import { candidateLayers, formatShape, parseModel, targetLayer, withScoring } from '../src/onnx/index.js';
import type {
  Answers,
  BakeRequest,
  ClassShare,
  Compute,
  Envelope,
  Explained,
  ExplainRequest,
  Opened,
  OpenRequest,
  Reply,
  Request,
} from './protocol.js';
import type { Baked } from './share/baked.js';

// What the explainer loads only where it needs it: here with the page, which asks its server for nothing
// afterwards.
void import('../src/backends/wasm.js');
void import('../src/backends/webgpu.js');
void import('../src/onnx/gradient.js');
const baking = import('./share/baked.js');

const TOP = 5;
const MOST_THREADS = 8;
const threads = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) : 1;

let open: { readonly file: ModelFile; readonly explainer: Explainer };

const computes: Readonly<Record<Compute, Pick<ExplainerOptions, 'backend' | 'runtime'>>> = {
  auto: {},
  wasm: { backend: 'wasm', runtime: 'web' },
  webgpu: { backend: 'webgpu', runtime: 'webgpu' },
  mixed: { backend: 'webgpu', runtime: 'web' },
};

/** Opens beside the explainer that is open, which goes only when the new one is ready. */
async function openModel(request: OpenRequest): Promise<Opened> {
  const file = request.model ?? open.file;
  const external = new Map(file.externalData?.map(({ path, data }) => [path, data]));
  const parsed = parseModel(file.bytes, file.name, external);
  const explainer = await createExplainer(file, {
    ...computes[request.compute],
    threads,
    methods: request.methods.map((name) => methods[name]()),
    unservable: 'skip',
    layers: request.layer === undefined ? undefined : [request.layer],
    ...request.settings,
  });
  const model = withScoring(parsed, { output: explainer.scores.graphOutput });
  const [{ name: layer, reason }] = explainer.layers;
  await open?.explainer.dispose();
  open = { file, explainer };
  return {
    layers: candidateLayers(model).map(({ name, shape }) => ({ name, shape: formatShape(shape) })),
    layer,
    reason: request.layer === undefined ? reason : `Chosen by you; by default ${defaultLayer(model)}.`,
    remarks: explainer.scores.remarks,
    input: formatShape(explainer.input.shape ?? []),
    backend: explainer.backend,
    device: explainer.device,
    runtime: explainer.runtime,
    threads,
    preprocessing: explainer.preprocessing,
    preprocessingSource: explainer.preprocessingSource,
    refused: Object.fromEntries((explainer.skipped ?? []).map(({ method, reason }) => [method, reason])),
  };
}

function defaultLayer(model: Parameters<typeof targetLayer>[0]): string {
  try {
    return `"${targetLayer(model).name}"`;
  } catch {
    return 'none'; // transformers have no layer to take by default
  }
}

async function explain({ picture, target }: ExplainRequest): Promise<Explained> {
  const { explainer } = open;
  const start = performance.now();
  const [explanation] = await explainer.explain([picture], { target });
  return {
    explanation,
    top: topClasses(explanation.probabilities, explainer.labels),
    milliseconds: performance.now() - start,
  };
}

function topClasses(shares: Float64Array, labels: readonly string[] | undefined): ClassShare[] {
  return Array.from(shares, (share, index) => ({ index, label: labels?.[index] ?? `class ${index}`, share }))
    .sort((a, b) => b.share - a.share)
    .slice(0, TOP);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function bake({ method }: BakeRequest): Promise<Baked> {
  const { file, explainer } = open;
  const { preprocessing, scores, layers } = explainer;
  const [{ name: layer }] = layers;
  const { bakeModel } = await baking;
  return bakeModel(file, { method, layer, preprocessing, output: scores.graphOutput });
}

function answer(request: Request): Promise<Answers[keyof Answers]> {
  switch (request.kind) {
    case 'open':
      return openModel(request);
    case 'explain':
      return explain(request);
    case 'bake':
      return bake(request);
  }
}

// One after the other: a picture is explained by what was opened before it.
let last: Promise<void> = Promise.resolve();

addEventListener('message', ({ data: { id, request } }: MessageEvent<Envelope>) => {
  last = last.then(async () => {
    const reply: Reply = await answer(request).then(
      (value) => ({ id, value }),
      (error: unknown) => ({
        id,
        failure: { message: textOf(error), code: error instanceof CamError ? error.code : undefined },
      }),
    );
    postMessage(reply);
  });
});
