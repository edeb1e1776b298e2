/** Opens a model: it is taken once a picture went through it. */
import {
  createExplainer,
  type Explainer,
  type ExplainerOptions,
  type ModelFile,
  methods,
  type Picture,
} from '../../src/index.js';
import { formatShape } from '../../src/onnx/index.js';
import { explain } from './explaining.js';
import type { Cells, Compute, Explained, ExplainRequest, Opened, OpenRequest } from './protocol.js';

export interface OpenModel {
  readonly file: ModelFile;
  readonly explainer: Explainer;
}

const MOST_THREADS = 8;
const threads = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) : 1;

const computes: Readonly<Record<Compute, Pick<ExplainerOptions, 'backend' | 'runtime'>>> = {
  auto: {},
  wasm: { backend: 'wasm', runtime: 'web' },
  webgpu: { backend: 'webgpu', runtime: 'webgpu' },
  mixed: { backend: 'webgpu', runtime: 'web' },
};

/**
 * Opens `file` for every method that it can serve: to ask for one more needs no second opening.
 * @throws {CamError} Also where the first picture does not go through it; nothing is left open then.
 */
export async function openModel(
  file: ModelFile,
  { compute, layer, settings, first }: OpenRequest,
  picture: Picture | undefined,
): Promise<{ readonly open: OpenModel; readonly opened: Opened }> {
  const explainer = await createExplainer(file, {
    ...computes[compute],
    threads,
    methods: Object.values(methods).map((make) => make()),
    unservable: 'skip',
    layers: layer === undefined ? undefined : [layer],
    onNotice: () => {}, // the page says them
    ...settings,
  });
  try {
    const refused = Object.fromEntries(
      (explainer.skipped ?? []).map(({ method, reason }) => [method, reason]),
    );
    const servable = first?.methods.filter((method) => !(method in refused)) ?? [];
    const asked = first && { ...first, methods: servable };
    const explained = asked && picture && (await explainFirst(explainer, picture, asked));
    return {
      open: { file, explainer },
      opened: { ...describe(explainer, layer), refused, first: explained },
    };
  } catch (error) {
    await explainer.dispose();
    throw error;
  }
}

/** That one of its methods fails is no reason against a model: those that do not fail are tried then. */
async function explainFirst(
  explainer: Explainer,
  picture: Picture,
  asked: Omit<ExplainRequest, 'kind'>,
): Promise<Explained> {
  try {
    return await explain(explainer, picture, asked);
  } catch (error) {
    for (const method of asked.methods) {
      const alone = explain(explainer, picture, { ...asked, methods: [method] });
      const explained = await alone.catch(() => undefined);
      if (explained) return explained;
    }
    throw error;
  }
}

function describe(explainer: Explainer, chosen: string | undefined): Omit<Opened, 'refused' | 'first'> {
  const [{ name: layer, reason }] = explainer.layers;
  const { scores, notices, input, backend, device, runtime } = explainer;
  const { preprocessing, preprocessingSource, labels, labelsSource } = explainer;
  return {
    layers: explainer.featureMaps.map(({ name, shape }) => ({
      name,
      shape: formatShape(shape),
      cells: cellsOf(shape),
    })),
    layer,
    reason: chosen === undefined ? reason : 'Chosen by you.',
    remarks: scores.remarks,
    notices,
    input: formatShape(input.shape ?? []),
    ...{ backend, device, runtime, threads, preprocessing, preprocessingSource, labels, labelsSource },
  };
}

function cellsOf([, channels, height, width]: Explainer['featureMaps'][number]['shape']): Cells | undefined {
  if (typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number')
    return undefined;
  return { channels, height, width };
}
