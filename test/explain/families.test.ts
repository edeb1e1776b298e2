import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createExplainer, type Explanation, meanActivation, miCam } from '../../src/node/index.js';
import { readNpy } from '../../src/node/npy.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';

const reason = missing(join(referenceFolder, 'families'));
const cache = new Map<string, Promise<Explanation[]>>();
afterAll(() => cache.clear());

function explain(name: string, backend: 'wasm' | 'webgpu'): Promise<Explanation[]> {
  const run = async () => {
    const { data, shape } = await readNpy(familyPath(name, 'input.npy'));
    const explainer = await createExplainer(familyPath(name, 'model.onnx'), {
      layers: ['target_activation'],
      methods: [miCam(), meanActivation],
      backend,
    });
    const size = data.length / shape[0];
    const images = Array.from({ length: shape[0] }, (_, n) => ({
      data: data.subarray(n * size, (n + 1) * size),
      shape: shape.slice(1),
    }));
    const explanations = await explainer.explain(images);
    await explainer.dispose();
    return explanations;
  };
  const key = `${name} ${backend}`;
  if (!cache.has(key)) cache.set(key, run());
  return cache.get(key)!;
}

const join3 = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

describe.skipIf(reason).each(backends)(
  `MI-CAM of the reference families on %s ${reason ?? ''}`,
  (backend) => {
    test.for(families)(
      '%s: 95 percent of the weights within 2e-4 nat, all within 3e-3',
      async (name, { skip }) => {
        await open(backend, skip);
        const explanations = await explain(name, backend);
        expect(explanations.map((explanation) => explanation.backend)).toEqual(Array(3).fill(backend));
        const want = (await readNpy(familyPath(name, 'mi_weights.npy'))).data;
        const got = join3(explanations.map(({ maps }) => maps['mi-cam'].weights!));
        const off = Array.from(want, (weight, k) => Math.abs(got[k] - weight));
        expect(got.length).toBe(want.length);
        expect(off.filter((difference) => difference <= 2e-4).length / off.length).toBeGreaterThanOrEqual(
          0.95,
        );
        expect(Math.max(...off)).toBeLessThanOrEqual(3e-3);
      },
    );

    test.for(families)(
      '%s: raw map within 2e-3 of its largest, saliency within 2e-3',
      async (name, { skip }) => {
        await open(backend, skip);
        const explanations = await explain(name, backend);
        const coarse = await readNpy(familyPath(name, 'coarse/mi-cam.npy'));
        const saliency = await readNpy(familyPath(name, 'maps/mi-cam.npy'));
        expectClose(
          join3(explanations.map(({ maps }) => maps['mi-cam'].raw.data)),
          coarse.data,
          coarse.shape,
          2e-3,
        );
        expectClose(
          join3(explanations.map(({ maps }) => maps['mi-cam'].saliency)),
          saliency.data,
          saliency.shape,
          2e-3,
        );
      },
    );

    test.for(families)('%s: the scores are the model’s own', async (name, { skip }) => {
      await open(backend, skip);
      const explanations = await explain(name, backend);
      const logits = await readNpy(familyPath(name, 'logits.npy'));
      expectClose(join3(explanations.map(({ scores }) => scores)), logits.data, logits.shape, 1e-4);
    });
  },
);
