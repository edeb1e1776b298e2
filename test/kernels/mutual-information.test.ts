import { describe, expect, test } from 'vitest';
import type { Backend, Tensor } from '../../src/backends/backend.js';
import { arrangeGray } from '../../src/kernels/arrange-gray.js';
import type { Bins } from '../../src/kernels/bins.js';
import { entropyIntegers } from '../../src/kernels/composed/entropy-table.js';
import { grayHistogram } from '../../src/kernels/gray-histogram.js';
import { mutualInformation } from '../../src/kernels/mutual-information.js';
import { opsOn } from '../../src/kernels/ops.js';
import { quantizeLayer } from '../../src/kernels/quantize-layer.js';
import { entropy, information, integerCounts } from '../../src/reference/mutual-information.js';
import * as reference from '../../src/reference/quantize-layer.js';
import { backends, open } from '../backends.js';
import { tableSum } from '../joint-counts.js';
import { allKinds, type ChannelKind, grayImages, layerOf } from '../layers.js';
import { generator } from '../random.js';

const everyBins = [32, 64, 128, 256] as const;
const few: readonly ChannelKind[] = [
  'dense',
  'mostly zeros, so that bin 0 is left out',
  'one peak: everything else in bin 0',
];

const cases = [
  [14, 14, 224, 224, 1, allKinds], // the usual one
  [7, 7, 224, 224, 1, allKinds], // denominator 64
  [5, 7, 113, 97, 2, allKinds], // two images; odd sizes: last band of one row, runs of 13 and 14 samples
  [1, 1, 32, 32, 1, allKinds], // no range
  [1, 1, 1, 1, 1, allKinds], // one sample
  [28, 28, 448, 448, 1, few], // more than 65,535 samples: wide counters
  // A count above 65,535.
  [2, 2, 300, 260, 1, ['constant: no range away from 0', 'one peak: everything else in bin 0']],
  [16, 12, 9, 20, 1, allKinds], // coarser than the layer
  [9, 9, 18, 18, 1, allKinds], // twice as fine: integers reach furthest
  [14, 14, 14, 14, 1, allKinds], // as fine as the layer: runs of one sample
  [20, 30, 61, 75, 1, allKinds], // runs of two and three samples
] as const satisfies readonly (readonly [number, number, number, number, number, readonly ChannelKind[]])[];

/**
 * A table of small random numbers instead of n·ln n turns the result into a hash of all counts that float32
 * holds exactly: sums of at most 256² + 2 · 256 entries below 64, and an offset that keeps them positive.
 */
function hashTable(samples: number, seed: number): Uint32Array {
  const next = generator(seed);
  const table = Uint32Array.from({ length: samples + 1 }, () => next() * 64);
  table[0] = 0;
  table[samples] = 65_536;
  return table;
}

async function hash(backend: Backend, q: Tensor, gray: Tensor, table: Uint32Array, bins: Bins) {
  const grayCounts = backend.run(grayHistogram, { gray }, bins);
  const arranged = backend.run(arrangeGray, { gray }, { bins, width: q.shape[3] });
  const inputs = { q, arranged, grayCounts, table: backend.upload(table, [table.length], 'uint32') };
  const [, H, W] = gray.shape;
  return Array.from(
    await backend.read(backend.run(mutualInformation, inputs, { bins, size: [H, W], unit: 1 })),
  );
}

describe.each(backends)('mutualInformation on %s', (name) => {
  test.for(cases)(
    '%i × %i on %i × %i, %i images: the same counts as the definition',
    async (size, { skip }) => {
      const backend = await open(name, skip);
      const [h, w, H, W, n, kinds] = size;
      const shape = [n, kinds.length, h, w] as const;
      const [layer, image] = [layerOf(kinds, n, h, w), grayImages(n, H, W)];
      const activations = backend.upload(layer, shape, 'float32');
      const gray = backend.upload(image, [n, H, W], 'uint32');
      const q = backend.run(quantizeLayer, { activations }, [H, W]);
      const want = reference.quantizeLayer(layer, shape, [H, W]);
      const [, , qh, qw] = want.shape;
      for (const bins of everyBins) {
        const counts = Array.from({ length: n * kinds.length }, (_, i) => {
          const picture = Math.floor(i / kinds.length);
          const integers = want.q.subarray(i * qh * qw, (i + 1) * qh * qw);
          return integerCounts(integers, [qh, qw], image.subarray(picture * H * W), [H, W], bins);
        });
        for (const seed of [1, 2]) {
          const table = hashTable(H * W, seed);
          const hashes = counts.map((joint) => tableSum(joint, bins, table));
          expect(await hash(backend, q, gray, table, bins), `${bins} bins, table ${seed}`).toEqual(hashes);
        }
        const integers = entropyIntegers(H * W, bins);
        const unit = Math.log(bins) / (2 ** 32 - 2 ** 17);
        const got = await backend.read(opsOn(backend).mutualInformation(activations, gray, { bins }));
        got.forEach((value, i) => {
          const exact = tableSum(counts[i], bins, integers) * unit;
          expect(Math.abs(value - exact), `${bins} bins, channel ${i}`).toBeLessThanOrEqual(1e-6 * exact);
          // The table rounds each n·ln n by half a unit at most; 0 and 1 are exact.
          const rounded = counts[i].filter((count) => count > 1).length + 2 * bins + 1;
          const bound = 1e-6 * exact + (rounded / 2) * unit;
          expect(Math.abs(value - information(counts[i], bins)), `channel ${i}`).toBeLessThanOrEqual(bound);
        });
      }
    },
  );

  test('0 for constant channels and for a constant image', async ({ skip }) => {
    const backend = await open(name, skip);
    const layer = layerOf(['all zeros: no range', 'dense', 'constant: no range away from 0'], 1, 7, 7);
    const activations = backend.upload(layer, [1, 3, 7, 7], 'float32');
    const gray = backend.upload(grayImages(1, 224, 224), [1, 224, 224], 'uint32');
    const flat = backend.upload(new Uint32Array(224 * 224).fill(77), [1, 224, 224], 'uint32');
    const ops = opsOn(backend);
    const [first, second, third] = await backend.read(ops.mutualInformation(activations, gray));
    expect([first, third]).toEqual([0, 0]);
    expect(second).toBeGreaterThan(0.01);
    expect(Array.from(await backend.read(ops.mutualInformation(activations, flat)))).toEqual([0, 0, 0]);
  });

  test('unchanged by a power of two and by negation of the grey image, and at most either entropy', async ({
    skip,
  }) => {
    const backend = await open(name, skip);
    const layer = layerOf(['dense', 'half zeros', 'negative: the range does not start at 0'], 1, 7, 9);
    const image = grayImages(1, 120, 130);
    const ops = opsOn(backend);
    const of = async (a: Float32Array, g: Uint32Array) => {
      const activations = backend.upload(a, [1, 3, 7, 9], 'float32');
      return backend.read(ops.mutualInformation(activations, backend.upload(g, [1, 120, 130], 'uint32')));
    };
    const plain = await of(layer, image);
    expect(
      await of(
        layer.map((value) => value * 2 ** 20),
        image,
      ),
    ).toEqual(plain);
    expect(
      await of(
        layer.map((value) => value * 2 ** -40),
        image,
      ),
    ).toEqual(plain);
    expect(
      await of(
        layer,
        image.map((value) => 255 - value),
      ),
    ).toEqual(plain);
    const counts = new Uint32Array(64);
    for (const value of image) counts[value >> 2]++;
    for (const value of plain) expect(value).toBeLessThan(entropy(counts));
  });

  test('a map that is the image, at one sample per pixel, tells all of it', async ({ skip }) => {
    const backend = await open(name, skip);
    // Every grey bin in equal numbers: MI is then the whole ln 64.
    const image = Uint32Array.from({ length: 64 * 64 }, (_, p) => (p * 37) % 256);
    const levels = Float32Array.from(image, (value) => value >> 2);
    const weights = opsOn(backend).mutualInformation(
      backend.upload(levels, [1, 1, 64, 64], 'float32'),
      backend.upload(image, [1, 64, 64], 'uint32'),
    );
    const [value] = await backend.read(weights);
    expect(Math.abs(value - Math.log(64))).toBeLessThan(1e-6);
  });

  test('the table outlives the scope in which it was first needed', async ({ skip }) => {
    const backend = await open(name, skip);
    const activations = backend.upload(layerOf(['dense'], 1, 3, 3), [1, 1, 3, 3], 'float32');
    const gray = backend.upload(grayImages(1, 17, 19), [1, 17, 19], 'uint32');
    const once = () => opsOn(backend).mutualInformation(activations, gray);
    const inside = backend.scope(once);
    expect(await backend.read(backend.scope(once))).toEqual(await backend.read(inside));
  });
});

describe('what does not fit is refused', () => {
  const shapes = { q: [1, 8, 7, 7], arranged: [1, 456], grayCounts: [1, 64], table: [197] };
  test.for<readonly [Partial<typeof shapes>, string]>([
    [
      { arranged: [2, 456] },
      'arranged: expected [1, 456] (as arrangeGray gives it for each image), got [2, 456]',
    ],
    [{ grayCounts: [1, 32] }, 'grayCounts: expected [1, 64] (one per image and bin), got [1, 32]'],
    [{ table: [196] }, 'table: expected [197] (one per possible count), got [196]'],
    [{ q: [8, 7, 7] }, 'q: expected [n, k, h, w], got [8, 7, 7]'],
  ])('%j', ([change, message]) => {
    const plan = () =>
      mutualInformation.plan({ ...shapes, ...change }, { bins: 64, size: [14, 14], unit: 1 });
    expect(plan).toThrow(`mutualInformation: ${message}`);
  });

  test('another number of bins', async ({ skip }) => {
    const backend = await open('wasm', skip);
    const activations = backend.upload(new Float32Array(4), [1, 1, 2, 2], 'float32');
    const gray = backend.upload(new Uint32Array(16), [1, 4, 4], 'uint32');
    expect(() => opsOn(backend).mutualInformation(activations, gray, { bins: 48 as Bins })).toThrow(
      'mutualInformation: bins: expected 32, 64, 128 or 256, got 48.',
    );
  });
});
