import fc from 'fast-check';
import type { Box, Plane, Probe, Score } from '../../src/metrics/index.js';
import { scorePasses } from '../../src/metrics/index.js';
import type { InputTensor } from '../../src/types.js';

/** A float32 plane from its rows. */
export const plane = (rows: readonly (readonly number[])[]): Plane => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length],
});

/** A plane computed by a formula. */
export const planeBy = (height: number, width: number, value: (y: number, x: number) => number): Plane =>
  plane(Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(y, x))));

/** One image `[C, H, W]` from its channels' values. */
export const image = (channels: readonly (readonly number[])[], h: number, w: number): InputTensor => ({
  data: Float32Array.from(channels.flat()),
  shape: [channels.length, h, w],
});

/** The result of a probe for a model that gives one number per image. */
export async function run<R>(probe: Probe<R>, model: (image: Float32Array) => number, batch = 3): Promise<R> {
  return probe.result(await scorePasses([probe], forwardBy(model), { batch }));
}

/** Turns a model into what `scorePasses` takes; the class is 1 where the score is above one half. */
export const forwardBy =
  (model: (image: Float32Array) => number) =>
  async (data: Float32Array, count: number): Promise<Score[]> =>
    Array.from({ length: count }, (_, n) => {
      const size = data.length / count;
      const score = model(data.subarray(n * size, (n + 1) * size));
      return { score, predicted: score > 0.5 ? 1 : 0 };
    });

export const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** Sizes that hurt: one pixel, one row, one column, not square. */
export const sizes = fc.oneof(
  fc.constantFrom<[number, number]>([1, 1], [1, 5], [6, 1]),
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
);

/** Saliencies: random with many ties (few levels, 0 among them), all 0, all equal. */
export const saliencies: fc.Arbitrary<Plane> = sizes.chain(([h, w]) => {
  const of = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: h * w, maxLength: h * w });
  return fc
    .oneof(
      { weight: 4, arbitrary: of(fc.constantFrom(0, 0, 0.25, 0.5, 0.75, 1)) },
      { weight: 4, arbitrary: of(fc.double({ min: 0, max: 1, noNaN: true })) },
      { weight: 1, arbitrary: fc.constant(new Array<number>(h * w).fill(0)) },
      { weight: 1, arbitrary: fc.constant(new Array<number>(h * w).fill(0.7)) },
    )
    .map((values): Plane => ({ data: Float32Array.from(values), shape: [h, w] }));
});

export const boxes: fc.Arbitrary<Box> = fc
  .tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 8 })))
  .map(([a, b, c, d]): Box => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]);
