import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createExplainer, gradCam, hiresCam, layerCam } from '../../src/index.js';
import { loadModel } from '../../src/node/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { familyPath, missing, referenceFolder } from '../data.js';

const folder = join(referenceFolder, 'operators');
const reason = missing(folder);
const operators = reason ? [] : readdirSync(folder).sort();
const methods = [gradCam, hiresCam, layerCam];

/** Behind these, a layer's gradient has mean 0: Grad-CAM's weights, and so its map, are rounding noise. */
const CANCELLING = ['instance_norm', 'mean_std'];

async function explain(path: (file: string) => string, backend: 'wasm' | 'webgpu', score?: 'probability') {
  const { data, shape } = await readNpy(path('input.npy'));
  const { targets } = JSON.parse(readFileSync(path('meta.json'), 'utf8'));
  const explainer = await createExplainer(await loadModel(path('model.onnx'), () => []), {
    layers: ['target_activation'],
    methods,
    backend,
    score,
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

const joined = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

describe.skipIf(reason).each(backends)(`operators on %s ${reason ?? ''}`, (backend) => {
  test.for(operators)('%s: saliency of the gradient methods within 1e-3', async (name, { skip }) => {
    await open(backend, skip);
    const path = (file: string) => join(folder, name, file);
    const explanations = await explain(path, backend);
    for (const { name: method } of methods) {
      const want = await readNpy(path(`maps/${method}.npy`));
      const maps = explanations.map(({ maps }) => maps[method]);
      if (method === 'grad-cam' && CANCELLING.includes(name)) {
        const gradient = await readNpy(path('gradient.npy'));
        const largest = gradient.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        // The weights are means over hundreds of positions that cancel to float32's rounding.
        for (const { weights } of maps)
          for (const weight of weights ?? []) expect(Math.abs(weight)).toBeLessThan(1e-6 * largest);
      } else expectClose(joined(maps.map(({ saliency }) => saliency)), want.data, want.shape, 1e-3);
    }
  });
});

const probability = familyPath('vgg_softmax', 'maps_probability');

describe.skipIf(missing(probability)).each(backends)('the probability of vgg_softmax on %s', (backend) => {
  test('saliency within 1e-3', async ({ skip }) => {
    await open(backend, skip);
    const explanations = await explain((file) => familyPath('vgg_softmax', file), backend, 'probability');
    for (const { name: method } of methods) {
      const file = join(probability, `${method}.npy`);
      if (!existsSync(file)) continue;
      const want = await readNpy(file);
      const got = joined(explanations.map(({ maps }) => maps[method].saliency));
      expectClose(got, want.data, want.shape, 1e-3);
    }
  });
});
