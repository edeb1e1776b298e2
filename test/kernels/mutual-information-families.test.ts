import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grayOfTensor } from '../../src/image/gray.js';
import { opsOn } from '../../src/kernels/ops.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { information, integerCounts } from '../../src/reference/mutual-information.js';
import { quantizeLayer } from '../../src/reference/quantize-layer.js';
import { backends, open } from '../backends.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';
import { floatCounts } from '../joint-counts.js';

const BINS = 64;
// Per image, where time grows with it: a software adapter takes 5 ms for one, float64 interpolation nearly as
// much.
const FEW_CHANNELS = 32;

/**
 * One image of a family: activations of its first channels, their stored weights, its grey pixels
 * (normalisation unknown).
 */
async function load(family: string, image: number, most: number) {
  const [activation, input, weights] = await Promise.all(
    ['activation.npy', 'input.npy', 'mi_weights.npy'].map((file) => readNpy(familyPath(family, file))),
  );
  const [, k, h, w] = activation.shape;
  const [, , H, W] = input.shape;
  const channels = Math.min(k, most);
  const from = image * k;
  return {
    activations: activation.data.slice(from * h * w, (from + channels) * h * w),
    shape: [1, channels, h, w],
    gray: Uint32Array.from(grayOfTensor(input)).slice(image * H * W, (image + 1) * H * W),
    size: [H, W],
    stored: weights.data.slice(from, from + channels),
  } as const;
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** MI by the definition's integer steps, entropies by logarithms. */
function byDefinition({ activations, shape, gray, size }: Loaded): number[] {
  const [, k, h, w] = shape;
  const { q } = quantizeLayer(activations, shape, size);
  const layerOf = (channel: number) => q.subarray(channel * h * w, (channel + 1) * h * w);
  return Array.from({ length: k }, (_, channel) =>
    information(integerCounts(layerOf(channel), [h, w], gray, size, BINS), BINS),
  );
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

const reason = missing(join(referenceFolder, 'families'));
const images = families.flatMap((family) => [0, 1, 2].map((image) => [family, image] as const));

describe.skipIf(reason)(`the definition on reference classifiers${reason ? ` (${reason})` : ''}`, () => {
  test.for(families)('%s: integer steps are within 3e-4 nat of plain float64', async (family) => {
    const loaded = await load(family, 0, FEW_CHANNELS);
    const { activations, shape, gray, size } = loaded;
    const [, k, h, w] = shape;
    const plain = Array.from({ length: k }, (_, channel) => {
      const a = activations.subarray(channel * h * w, (channel + 1) * h * w);
      return information(floatCounts(a, [h, w], gray, size, BINS), BINS);
    });
    // One sample that lies on a bin edge and changes its bin moves MI by 1e-4 on pictures of this size.
    expect(largest(byDefinition(loaded), plain)).toBeLessThanOrEqual(3e-4);
  });
});

describe.skipIf(reason).each(backends)('mutualInformation of reference classifiers on %s', (name) => {
  test.for(images)(
    '%s, image %i: 1e-6 from the definition, 95 % within 2e-4 of the stored weights',
    async ([family, image], { skip }) => {
      const backend = await open(name, skip);
      const loaded = await load(family, image, name === 'webgpu' ? FEW_CHANNELS : Number.POSITIVE_INFINITY);
      const { activations, shape, gray, size, stored } = loaded;
      const got = await backend.read(
        opsOn(backend).mutualInformation(
          backend.upload(activations, shape, 'float32'),
          backend.upload(gray, [1, ...size], 'uint32'),
        ),
      );
      expect(largest(got, byDefinition(loaded))).toBeLessThanOrEqual(1e-6);
      const near = got.filter((value, i) => Math.abs(value - stored[i]) <= 2e-4);
      expect(near.length).toBeGreaterThanOrEqual(0.95 * got.length);
      expect(largest(got, stored)).toBeLessThanOrEqual(3e-3);
    },
  );
});
