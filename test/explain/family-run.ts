import { readFileSync } from 'node:fs';
import { createExplainer, type Explanation, methods, type RuntimeName } from '../../src/index.js';
import { loadModel } from '../../src/node/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { familyPath } from '../data.js';

/** A reference classifier's own layer and targets; methods that it cannot serve are left out. */
export async function explainFamily(
  name: string,
  names: readonly string[],
  options: {
    readonly backend: 'wasm' | 'webgpu';
    readonly closedForms?: boolean;
    readonly runtime?: RuntimeName;
  },
): Promise<Explanation[]> {
  const { data, shape } = await readNpy(familyPath(name, 'input.npy'));
  const { targets } = JSON.parse(readFileSync(familyPath(name, 'meta.json'), 'utf8'));
  const explainer = await createExplainer(await loadModel(familyPath(name, 'model.onnx'), () => []), {
    layers: ['target_activation'],
    methods: names.map((method) => methods[method]()),
    unservable: 'skip',
    ...options,
  });
  const size = data.length / shape[0];
  const images = Array.from({ length: shape[0] }, (_, n) => ({
    data: data.subarray(n * size, (n + 1) * size),
    shape: shape.slice(1),
  }));
  const explanations = await explainer.explain(images, { targets });
  await explainer.dispose();
  return explanations;
}

/** All images' arrays, concatenated. */
export const joined = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));
