import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createExplainer, type Explainer, type ExplainerOptions, type InputTensor } from '../../src/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';

export const casePath = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export const caseBytes = (file: string): Uint8Array => readFileSync(casePath(file));

/** The two pictures `[3, 32, 32]` that the small models are explained with. */
export async function pictures(): Promise<InputTensor[]> {
  const { data, shape } = await readNpy(casePath('small-classifier/x.npy'));
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, n) => ({
    data: data.subarray(n * size, (n + 1) * size),
    shape: shape.slice(1),
  }));
}

/** Coarse maps `[2, 8, 8]` of the small classifier of five classes, by torch.autograd. */
export const expected = async (method: 'grad-cam' | 'hires-cam' | 'layer-cam'): Promise<Float32Array> =>
  (await readNpy(casePath(`small-classifier/expected.${method}.raw.npy`))).data;

/** Runs a task on an explainer of a model of the cases, kernels on the CPU. */
export async function explaining<T>(
  model: string | Uint8Array,
  options: ExplainerOptions,
  task: (explainer: Explainer) => Promise<T>,
): Promise<T> {
  const bytes = typeof model === 'string' ? caseBytes(model) : model;
  const explainer = await createExplainer(bytes, { backend: 'wasm', ...options });
  try {
    return await task(explainer);
  } finally {
    await explainer.dispose();
  }
}
