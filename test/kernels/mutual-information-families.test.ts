import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grayOfTensor } from '../../src/image/gray.js';
import { opsOn } from '../../src/kernels/ops.js';
import { readNpy } from '../../src/node/npy.js';
import { backends, open } from '../backends.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';
import { floatCounts, information, integerCounts } from '../reference/mutual-information.js';
import { quantizeLayer } from '../reference/quantize-layer.js';

/** Activations, weights and grey image that a family's files give; normalisation unknown. */
async function load(family: string) {
  const [activation, input, weights] = await Promise.all(
    ['activation.npy', 'input.npy', 'mi_weights.npy'].map((file) => readNpy(familyPath(family, file))),
  );
  const [n, k, h, w] = activation.shape;
  const [, , H, W] = input.shape;
  const gray = Uint32Array.from(grayOfTensor(input));
  return {
    activations: activation.data,
    shape: [n, k, h, w],
    gray,
    size: [H, W],
    weights: weights.data,
  } as const;
}

const reason = missing(join(referenceFolder, 'families'));

describe.skipIf(reason)(`reference classifiers${reason ? ` (${reason})` : ''}`, () => {
  test.for(families)('%s: the integer steps rank channels as plain float64 does', async (family) => {
    const { activations, shape, gray, size, weights } = await load(family);
    const [n, k, h, w] = shape;
    const { q } = quantizeLayer(activations, shape, size);
    const [plain, integer] = [floatCounts, integerCounts].map((count, which) =>
      Array.from({ length: n * Math.min(k, 96) }, (_, i) => {
        const channel = Math.floor(i / Math.min(k, 96)) * k + (i % Math.min(k, 96));
        const values = (which === 0 ? activations : q).subarray(channel * h * w, (channel + 1) * h * w);
        const picture = gray.subarray(Math.floor(channel / k) * size[0] * size[1]);
        return information(count(values, [h, w], picture, size, 64), 64);
      }),
    );
    console.log(family, Math.max(...plain.map((v, i) => Math.abs(v - integer[i]))), weights.length);
  });
});

describe.skipIf(reason).each(backends)('reference classifiers on %s', (name) => {
  test.for(families)('%s: MI weights', async (family, { skip }) => {
    const backend = await open(name, skip);
    const { activations, shape, gray, size, weights } = await load(family);
    const [n, k, h, w] = shape;
    const got = await backend.read(
      opsOn(backend).mutualInformation(
        backend.upload(activations, shape, 'float32'),
        backend.upload(gray, [n, ...size], 'uint32'),
      ),
    );
    const { q } = quantizeLayer(activations, shape, size);
    let worst = 0;
    got.forEach((value, i) => {
      const picture = gray.subarray(Math.floor(i / k) * size[0] * size[1]);
      const joint = integerCounts(q.subarray(i * h * w, (i + 1) * h * w), [h, w], picture, size, 64);
      worst = Math.max(worst, Math.abs(value - information(joint, 64)));
    });
    const off = Array.from(got, (v, i) => Math.abs(v - weights[i]));
    console.log(
      name,
      family,
      'integer',
      worst,
      'stored max',
      Math.max(...off),
      'share 2e-4',
      off.filter((d) => d <= 2e-4).length / off.length,
    );
    expect(worst).toBeLessThanOrEqual(1e-6);
  });
});
