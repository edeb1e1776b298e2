import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pictureOfTensor, preprocess } from '../../../src/image/index.js';
import type { InputTensor } from '../../../src/index.js';
import {
  type Baseline,
  blurBaseline,
  deletion,
  greyBaseline,
  insertion,
  pixelOrder,
  randomOrder,
} from '../../../src/metrics/index.js';
import { createExplainer, decodeFile, type Explainer } from '../../../src/node/index.js';
import { noBrowser } from '../browser.js';
import { type StateVisit, settled, visitState } from './visit.js';

const SIDE = 128;

describe.skipIf(noBrowser)(`a covered picture${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;
  let node: Explainer;
  let tensor: InputTensor;

  beforeAll(async () => {
    visited = await visitState();
    await visited.page.evaluate(() => state.start.start('bird-05'));
    await settled(visited.page);
    node = await createExplainer('models/birds.onnx', { backend: 'wasm', methods: ['grad-cam'] });
    const { tensor: data } = preprocess(await decodeFile('examples/birds/bird-05.png'), node.preprocessing);
    tensor = { data, shape: [3, SIDE, SIDE] };
  });
  afterAll(async () => {
    await node?.dispose();
    await visited?.end();
  });

  const probabilitiesOf = async (image: InputTensor) =>
    (await node.explain(image, { methods: [] })).probabilities;

  const far = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    expect(a.length).toBe(b.length);
    return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
  };

  /** What is covered on the page, once its scores are there. */
  const covered = () =>
    visited.page.evaluate(async () => {
      const { cover, question, scoring } = state;
      while (!scoring.isScored.value || !cover.mask.value)
        await new Promise((resolve) => setTimeout(resolve, 5));
      return {
        mask: Array.from(cover.mask.value ?? []),
        scores: Array.from(question.coveredScores.value ?? []),
        rows: question.findClasses('', 3),
      };
    });

  const meanOf = (c: number): number =>
    tensor.data.subarray(c * SIDE ** 2, (c + 1) * SIDE ** 2).reduce((sum, value) => sum + value, 0) /
    SIDE ** 2;

  const baselines: Readonly<Record<string, () => Baseline | undefined>> = {
    grey: () => greyBaseline(tensor, node.preprocessing, 0.5),
    blur: () => blurBaseline(tensor),
    mean: () => {
      const means = [0, 1, 2].map(meanOf);
      const data = tensor.data.map((_, i) => means[Math.floor(i / SIDE ** 2)]);
      return { name: 'mean', image: { data, shape: tensor.shape } };
    },
    noise: () => undefined,
  };

  test.for(['grey', 'blur', 'mean', 'noise'] as const)(
    'by the brush, with %s: scores equal those of Node',
    async (fill) => {
      const { page } = visited;
      await page.evaluate((fill) => {
        const { cover } = state;
        cover.reset();
        cover.fill.value = fill;
        cover.brushSize.value = 0.25;
        cover.beginStroke(0.3, 0.4);
        cover.continueStroke(0.7, 0.5);
        cover.endStroke();
      }, fill);
      const { mask, scores, rows } = await covered();
      const count = mask.reduce((sum, one) => sum + one, 0);
      // A line of 0.41 × 128 and a brush of 32 pixels.
      expect(count).toBeGreaterThan(2200);
      expect(count).toBeLessThan(2700);
      expect([mask[Math.round(0.45 * SIDE) * SIDE + 64], mask[0]]).toEqual([1, 0]);
      const image = await page.evaluate(() => Array.from(state.scoring.coverPicture.value?.data ?? []));
      const baseline = baselines[fill]()?.image;
      if (baseline)
        expect(far(image, pictureOfTensor(baseline, node.preprocessing).data)).toBeLessThanOrEqual(1);
      // What the page draws is what it scored: 8 bits of it.
      const { mean, std } = node.preprocessing;
      const drawn = (i: number) => {
        const [c, p] = [Math.floor(i / SIDE ** 2), i % SIDE ** 2];
        return (image[4 * p + c] / 255 - mean[c]) / std[c];
      };
      const data = tensor.data.map((value, i) =>
        mask[i % SIDE ** 2] ? (baseline?.data[i] ?? drawn(i)) : value,
      );
      const there = await probabilitiesOf({ data, shape: tensor.shape });
      expect(far(scores, there)).toBeLessThan(1e-4);
      const before = await probabilitiesOf(tensor);
      for (const { index, probability, difference } of rows) {
        expect(probability).toBeCloseTo(there[index], 2);
        expect(difference).toBeCloseTo(there[index] - before[index], 2);
      }
    },
  );

  test('undo, redo, reset', async () => {
    const share = () => visited.page.evaluate(() => state.cover.share.value);
    const before = await share();
    expect(before).toBeGreaterThan(0.1);
    await visited.page.evaluate(() => {
      state.cover.beginStroke(0.1, 0.9);
      state.cover.endStroke();
    });
    const both = await share();
    expect(both).toBeGreaterThan(before);
    await visited.page.evaluate(() => state.cover.undo());
    expect(await share()).toBe(before);
    await visited.page.evaluate(() => state.cover.redo());
    expect(await share()).toBe(both);
    await visited.page.evaluate(() => state.cover.reset());
    expect(await share()).toBe(0);
    await visited.page.waitForFunction(() => state.question.coveredScores.value === undefined);
    expect(await visited.page.evaluate(() => [state.cover.canUndo.value, state.cover.canRedo.value])).toEqual(
      [false, false],
    );
  });

  test.for([
    ['hottest', 'deletion', 30],
    // Its curve is there already.
    ['random', 'deletion', 55],
    ['hottest', 'insertion', 15],
  ] as const)(
    '%s, %s, %i in a hundred: the slider is the curve of the metrics',
    async ([order, direction, percent]) => {
      const { page } = visited;
      await page.evaluate(
        ([order, direction, percent]) => {
          const { cover, look, methods } = state;
          methods.show('grad-cam');
          cover.fill.value = 'grey';
          cover.order.value = order;
          cover.direction.value = direction;
          cover.percent.value = percent;
          look.mode.value = 'cover';
        },
        [order, direction, percent] as const,
      );
      const { scores } = await covered();
      await page.waitForFunction(() => state.scoring.randomCurve.value?.areas !== undefined);
      const { curves, heat, target } = await page.evaluate(() => ({
        curves: [state.scoring.curve.value, state.scoring.randomCurve.value],
        heat: Array.from(state.cover.heat.value ?? []),
        target: state.question.indexA.value ?? -1,
      }));
      const shape = [SIDE, SIDE] as const;
      const places = order === 'random' ? randomOrder(shape, 1) : pixelOrder({ data: heat, shape });
      const metric = direction === 'deletion' ? deletion : insertion;
      const baseline = greyBaseline(tensor, node.preprocessing, 0.5);
      const probe = metric(tensor, places, { steps: 100, baseline });
      const there = new Map<string, { score: number; predicted: number }>();
      let at = 0;
      let own: Float64Array | undefined;
      for (const { key, image } of probe.passes()) {
        const row = await probabilitiesOf({ data: image.slice(), shape: tensor.shape });
        there.set(key, { score: row[target], predicted: 0 });
        if (at++ === percent) own = row;
      }
      const curve = curves[order === 'random' ? 1 : 0];
      const result = probe.result(there);
      expect(far(scores, own ?? [])).toBeLessThan(1e-4);
      expect(far(curve?.scores[0].map((score) => score ?? Number.NaN) ?? [], result.scores)).toBeLessThan(
        1e-4,
      );
      expect(far(curve?.fractions ?? [], result.fractions)).toBe(0);
      expect(curve?.areas?.[0]).toBeCloseTo(result.auc, 4);
    },
  );

  test('of many strokes only the newest is scored', async () => {
    const { page } = visited;
    const counted = await page.evaluate(async () => {
      const { cover, look, question, scoring } = state;
      cover.reset();
      look.mode.value = 'look';
      let answers = 0;
      const end = question.coveredScores.subscribe((scores) => {
        if (scores) answers++;
      });
      cover.beginStroke(0, 0);
      for (let i = 1; i <= 200; i++) cover.continueStroke(i / 200, i / 200);
      cover.endStroke();
      while (!scoring.isScored.value || !cover.mask.value)
        await new Promise((resolve) => setTimeout(resolve, 5));
      end();
      return answers;
    });
    expect(counted).toBeGreaterThanOrEqual(1);
    expect(counted).toBeLessThanOrEqual(3);
    const { mask, scores } = await covered();
    const grey = greyBaseline(tensor, node.preprocessing, 0.5).image.data;
    const data = tensor.data.map((value, i) => (mask[i % SIDE ** 2] ? grey[i] : value));
    expect(far(scores, await probabilitiesOf({ data, shape: tensor.shape }))).toBeLessThan(1e-4);
  });
});
