import { describe, expect, test } from 'vitest';
import type { Backend, Tensor } from '../../src/backends/backend.js';
import { passScorer } from '../../src/evaluate/passes.js';
import {
  blurBaseline,
  confidence,
  deletion,
  insertion,
  type Probe,
  passBatches,
  pixelOrder,
  removal,
  road,
} from '../../src/metrics/index.js';
import { backends, open } from '../backends.js';
import { random } from '../random.js';

const shape = [3, 9, 7];
const image = { data: random(3 * 63, 1), shape };
const saliency = { data: random(63, 2).map(Math.abs), shape: [9, 7] as const };
const other = { data: random(63, 3).map(Math.abs), shape: [9, 7] as const };

/**
 * Every kind of pass: pixels replaced from both ends, on two baselines, in three orders, masked, imputed; and
 * many passes that several probes share.
 */
const probes = (): Probe<unknown>[] => {
  const [most, least] = [pixelOrder(saliency), pixelOrder(saliency, 'least-first')];
  return [
    confidence(image, saliency),
    deletion(image, most),
    insertion(image, least, { steps: 7 }),
    removal(image, most, 1, { baseline: blurBaseline(image, 2, 5) }),
    road(image, most, least, { percentiles: [30, 60] }),
    deletion(image, pixelOrder(other, 'most-first', 'other')),
  ];
};

/** Keys and images, made one after the other with plain arrays. */
const inJavaScript: (readonly [key: string, values: number[]])[] = [];
for (const { keys, data } of passBatches(probes(), { batch: 1 }))
  inJavaScript.push([keys[0], Array.from(data)]);

/** A model that records its inputs. The score of an image is the number of images before it. */
function recorder(backend: Backend, onDevice: boolean) {
  const seen: number[][] = [];
  const counts: number[] = [];
  const take = (data: Float32Array): Float64Array[] => {
    const count = data.length / image.data.length;
    counts.push(count);
    return Array.from({ length: count }, (_, n) => {
      seen.push(Array.from(data.subarray(n * image.data.length, (n + 1) * image.data.length)));
      return Float64Array.of(0, seen.length - 1);
    });
  };
  let running = 0;
  /**
   * Slow, as models are: if a buffer is overwritten while the model reads it, the recorded images show it.
   */
  const slowly = async (data: () => Promise<Float32Array>): Promise<Float64Array[]> => {
    expect(running++).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const rows = take(await data());
    running--;
    return rows;
  };
  return {
    seen,
    counts,
    backend,
    scores: (data: Float32Array) => slowly(async () => data),
    ...(onDevice && {
      scoresOnDevice: (images: Tensor<4, 'float32'>) => slowly(() => backend.read(images)),
    }),
  };
}

describe.each(backends)('passes made on %s', (name) => {
  test.for([
    [1, false],
    [5, false],
    [16, false],
    [16, true],
    [500, true], // all in one batch, which no single kernel call fills
  ] as const)(
    'equal those made with plain arrays, in batches of %i, on the device: %j',
    async ([batch, onDevice], { skip }) => {
      const model = recorder(await open(name, skip), onDevice);
      const scores = await passScorer(model, batch)(probes(), shape, 1);
      expect([...scores.keys()]).toEqual(inJavaScript.map(([key]) => key));
      expect(model.seen).toEqual(inJavaScript.map(([, values]) => values));
      // The score of each key is that of its own image.
      expect([...scores.values()].map(({ score }) => score)).toEqual(inJavaScript.map((_, i) => i));
      expect(model.counts.slice(0, -1).every((count) => count === batch)).toBe(true);
    },
  );

  test.for(['scores', 'scoresOnDevice'] as const)(
    'a model that fails in %s ends the run with its error',
    async (which, { skip }) => {
      const backend = await open(name, skip);
      let calls = 0;
      const failing = async (): Promise<Float64Array[]> => {
        if (++calls < 3) return Array.from({ length: 4 }, () => Float64Array.of(0, 1));
        throw new Error('no more');
      };
      const model = {
        backend,
        scores: failing,
        ...(which === 'scoresOnDevice' && { scoresOnDevice: failing }),
      };
      await expect(passScorer(model, 4)(probes(), shape, 1)).rejects.toThrow('no more');
      expect(calls).toBe(3);
    },
  );
});

test('a model that gives too few scores is named', async ({ skip }) => {
  const backend = await open('wasm', skip);
  const model = { backend, scores: async () => [Float64Array.of(0, 1)] };
  await expect(passScorer(model, 4)(probes(), shape, 1)).rejects.toThrow(
    'passes: forward: expected 4 scores (one per image), got 1.',
  );
});

test('a probe that fails while the model works ends the run with its error, after the model has finished', async ({
  skip,
}) => {
  const model = recorder(await open('wasm', skip), false);
  const broken = {
    *passes() {
      yield { key: 'a', image: image.data };
      yield { key: 'b', image: image.data };
      throw new Error('no third');
    },
  };
  await expect(passScorer(model, 1)([broken], shape, 1)).rejects.toThrow('no third');
  expect(model.counts).toEqual([1, 1]);
});
