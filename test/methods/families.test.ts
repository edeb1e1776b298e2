import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runMethod } from '../../src/explain/run-method.js';
import { opsOn } from '../../src/kernels/ops.js';
import {
  eigenCam,
  eigenGradCam,
  gradCam,
  gradCamPlusPlus,
  hiresCam,
  layerCam,
  xgradCam,
} from '../../src/methods/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';

const reason = missing(join(referenceFolder, 'families'));
const all = [gradCam, gradCamPlusPlus, xgradCam, hiresCam, layerCam, eigenCam(), eigenGradCam];
const cases = families.flatMap((family) => all.map((method) => [family, method.name, method] as const));

describe.skipIf(reason)(`stored activations and gradients of the reference families ${reason ?? ''}`, () => {
  test.for(backends.flatMap((backend) => cases.map((one) => [backend, ...one] as const)))(
    '%s, %s, %s: each map within 1e-4 of its largest, saliency within 1e-3',
    async ([name, family, , method], { skip }) => {
      const backend = await open(name, skip);
      const read = (file: string) => readNpy(familyPath(family, file));
      const [activations, gradients] = [await read('activation.npy'), await read('gradient.npy')];
      const coarse = await read(`coarse/${method.name}.npy`);
      const maps = await read(`maps/${method.name}.npy`);
      const [n, k, h, w] = activations.shape;
      const [, H, W] = maps.shape;
      const inputs = {
        activations: backend.upload(activations.data, [n, k, h, w] as const, 'float32'),
        gradients: backend.upload(gradients.data, [n, k, h, w] as const, 'float32'),
        image: backend.upload(new Uint32Array(n), [n, 1, 1] as const, 'uint32'),
      };
      const got = await runMethod(backend, opsOn(backend), method, inputs, { size: [H, W] });
      for (const tensor of Object.values(inputs)) backend.release(tensor);
      for (let at = 0; at < n; at++) {
        const image = (values: Float32Array, size: number) => values.subarray(at * size, (at + 1) * size);
        expectClose(image(got.raw, h * w), image(coarse.data, h * w), [h, w], 1e-4);
        expectClose(image(got.saliency, H * W), image(maps.data, H * W), [H, W], 1e-3);
      }
    },
  );

  test('no family lacks a map', () => {
    const files = cases.flatMap(([family, method]) => [
      familyPath(family, `coarse/${method}.npy`),
      familyPath(family, `maps/${method}.npy`),
    ]);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(families.length).toBeGreaterThanOrEqual(9);
  });
});
