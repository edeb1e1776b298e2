import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createExplainer, type Explanation, methods, type SaliencyMap } from '../../src/index.js';
import { loadModel } from '../../src/node/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';

const reason = missing(join(referenceFolder, 'families'));
const cache = new Map<string, Promise<Explanation[]>>();
afterAll(() => cache.clear());

/** How near each method comes: activations and gradients are another runtime's float32. */
const bounds: Readonly<Record<string, number>> = {
  'mi-cam': 2e-3,
  'grad-cam': 1e-3,
  'grad-cam++': 1e-3,
  'xgrad-cam': 1e-3,
  'hires-cam': 1e-3,
  'layer-cam': 1e-3,
  'eigen-cam': 2e-3,
  'eigen-grad-cam': 1e-3,
};

/** The family's own layer and targets, all methods in one go. */
function explain(name: string, backend: 'wasm' | 'webgpu', closedForms = true): Promise<Explanation[]> {
  const run = async () => {
    const { data, shape } = await readNpy(familyPath(name, 'input.npy'));
    const { targets } = JSON.parse(readFileSync(familyPath(name, 'meta.json'), 'utf8'));
    const explainer = await createExplainer(await loadModel(familyPath(name, 'model.onnx'), () => []), {
      layers: ['target_activation'],
      methods: Object.keys(bounds).map((method) => methods[method]()),
      backend,
      closedForms,
    });
    const size = data.length / shape[0];
    const images = Array.from({ length: shape[0] }, (_, n) => ({
      data: data.subarray(n * size, (n + 1) * size),
      shape: shape.slice(1),
    }));
    const explanations = await explainer.explain(images, { targets });
    await explainer.dispose();
    return explanations;
  };
  const key = `${name} ${backend} ${closedForms}`;
  if (!cache.has(key)) cache.set(key, run());
  return cache.get(key)!;
}

const joined = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

describe.skipIf(reason).each(backends)(`reference families on %s ${reason ?? ''}`, (backend) => {
  test.for(families)('%s: MI within 2e-4 nat for 95 of 100, within 3e-3 for all', async (name, { skip }) => {
    await open(backend, skip);
    const explanations = await explain(name, backend);
    const want = (await readNpy(familyPath(name, 'mi_weights.npy'))).data;
    const got = joined(explanations.map(({ maps }) => maps['mi-cam'].weights!));
    const off = Array.from(want, (weight, k) => Math.abs(got[k] - weight));
    expect(got.length).toBe(want.length);
    expect(off.filter((by) => by <= 2e-4).length / off.length).toBeGreaterThanOrEqual(0.95);
    expect(Math.max(...off)).toBeLessThanOrEqual(3e-3);
  });

  test.for(families)('%s: scores within 1e-4, and the backend named', async (name, { skip }) => {
    await open(backend, skip);
    const explanations = await explain(name, backend);
    const logits = await readNpy(familyPath(name, 'logits.npy'));
    expectClose(joined(explanations.map(({ scores }) => scores)), logits.data, logits.shape, 1e-4);
    expect(explanations.map((explanation) => explanation.backend)).toEqual(Array(3).fill(backend));
  });

  test.for(families.flatMap((name) => Object.keys(bounds).map((method) => [name, method] as const)))(
    '%s, %s: coarse map and saliency',
    async ([name, method], { skip }) => {
      await open(backend, skip);
      const explanations = await explain(name, backend);
      const coarse = await readNpy(familyPath(name, `coarse/${method}.npy`));
      const saliency = await readNpy(familyPath(name, `maps/${method}.npy`));
      const all = (part: (map: SaliencyMap) => Float32Array) =>
        joined(explanations.map(({ maps }) => part(maps[method])));
      const bound = bounds[method];
      expectClose(
        all(({ raw }) => raw.data),
        coarse.data,
        coarse.shape,
        bound,
      );
      expectClose(
        all((map) => map.saliency),
        saliency.data,
        saliency.shape,
        bound,
      );
    },
  );
});

describe.skipIf(reason)(`closed forms ${reason ?? ''}`, () => {
  test.for(families)('%s: the backward graph gives the same to 1e-5 of the largest', async (name) => {
    const closed = await explain(name, 'wasm');
    const graph = await explain(name, 'wasm', false);
    for (const [n, { maps }] of graph.entries()) {
      for (const [method, { raw, gradients }] of Object.entries(maps)) {
        expectClose(closed[n].maps[method].raw.data, raw.data, raw.shape, 1e-5);
        expect(gradients).toBe(/^(mi|eigen)-cam$/.test(method) ? undefined : 'backward graph');
      }
    }
  });
});
