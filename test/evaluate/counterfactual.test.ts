import { expect, test } from 'vitest';
import { PictureCase } from '../../src/evaluate/metric.js';
import { counterfactualMetric } from '../../src/evaluate/metrics/weights.js';

test('counterfactual weights: change by rank, heaviest channels first, in mean weights', async () => {
  const picture = new PictureCase({ data: new Float32Array(12), shape: [3, 2, 2] }, 0, {}, 0);
  const map = { name: 'm', data: new Float32Array(4), shape: [2, 2] as const };
  const changeOf = (before: Float32Array, after: Float32Array) => {
    const of = { picture, map, trueMap: map, cues: [], weights: { before, after }, classAgnostic: false };
    return counterfactualMetric.probe(of)?.result(new Map());
  };
  const context = { seed: 0, truth: async () => ({}), trueMap: () => map };
  // Mean weight 2. The heaviest channel is 1 (4 → 1); then, with equal weights, 0 before 3 (2 → 2, 2 → 3);
  // last 2 (0 → 1).
  const one = changeOf(Float32Array.of(2, 4, 0, 2), Float32Array.of(2, 1, 1, 3));
  expect(one).toMatchObject({ byRank: [-1.5, 0, 0.5, 0.5] });
  // Negative weights: the mean is that of absolute values, and the lightest is the most negative.
  const other = changeOf(Float32Array.of(-3, 1, -2, 2), Float32Array.of(-3, 1, 0, 0));
  expect(other).toMatchObject({ byRank: [-1, 0, 1, 0] });
  // If weights explode, their own mean is the unit: 2 after, 0.25 before.
  const exploding = changeOf(Float32Array.of(1, 0, 0, 0), Float32Array.of(0, 0, 0, 8));
  expect(exploding).toMatchObject({ byRank: [-0.5, 0, 0, 4] });
  expect(changeOf(new Float32Array(4), new Float32Array(4))).toMatchObject({ byRank: undefined });
  const { line } = await counterfactualMetric.verdict([one, undefined, other], context);
  expect(line).toEqual({ x: [0.125, 0.375, 0.625, 0.875], y: [-1.25, 0, 0.75, 0.25] });
  // More channels than groups: 45 in 20, and all weights halve. The groups' changes add up to the total
  // change.
  const many = Float32Array.from({ length: 45 }, (_, k) => ((k * 7) % 45) + 1);
  const halved = await counterfactualMetric.verdict(
    [
      changeOf(
        many,
        many.map((w) => w / 2),
      ),
    ],
    context,
  );
  expect(halved.line?.y).toHaveLength(20);
  expect(halved.line?.y.every((y, g, all) => y < 0 && (g === 0 || y > all[g - 1]))).toBe(true);
});
