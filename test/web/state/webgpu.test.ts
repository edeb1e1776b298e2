// WebGPU on Chromium's software adapter.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preprocess } from '../../../src/image/index.js';
import { greyBaseline } from '../../../src/metrics/index.js';
import { createExplainer, decodeFile, type Explainer } from '../../../src/node/index.js';
import { classifier } from '../../explain/classifier.js';
import { weights } from '../../onnx/build.js';
import { noBrowser } from '../browser.js';
import { file, type StateVisit, said, settled, take, visitState } from './visit.js';

const SIDE = 8; // small: the software adapter is right, and slow
const five = classifier();
const broad = classifier({ initializers: { w: weights([768, 3, 3, 3]), fc: weights([768, 5]) } });

describe.skipIf(noBrowser)(`on WebGPU${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;
  let node: Explainer;

  beforeAll(async () => {
    visited = await visitState(['--enable-unsafe-webgpu']);
    await visited.page.evaluate(() => state.start.start());
    await visited.page.evaluate(() => {
      state.methods.show('grad-cam');
      for (const method of state.methods.askedMethods.value)
        if (method !== 'grad-cam') state.methods.drop(method);
    });
    await take(visited, file('five.onnx', five));
    await settled(visited.page);
    await said(visited.page);
    node = await createExplainer(five, { backend: 'wasm', methods: ['grad-cam'] });
  });
  afterAll(async () => {
    await node?.dispose();
    await visited?.end();
  });

  const far = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

  test.for(['mixed', 'webgpu'] as const)(
    '%s: maps and scores of a covered picture equal those of Node',
    async (compute) => {
      const { page } = visited;
      expect(await page.evaluate((compute) => state.model.chooseCompute(compute), compute)).toBe(true);
      await settled(page);
      await page.evaluate(() => {
        state.cover.beginStroke(0.5, 0.5);
        state.cover.endStroke();
      });
      await page.waitForFunction(() => state.question.coveredScores.value !== undefined);
      const there = await page.evaluate(() => {
        const { cover, methods, model, question } = state;
        const map = methods.results.value['grad-cam'].maps?.a.saliency ?? [];
        return {
          backend: model.opened.value?.backend,
          map: Array.from(map),
          mask: Array.from(cover.mask.value ?? []),
          scores: Array.from(question.coveredScores.value ?? []),
        };
      });
      await page.evaluate(() => state.cover.reset());
      await page.waitForFunction(() => state.question.coveredScores.value === undefined);
      expect(there.backend).toBe('webgpu');
      const picture = await decodeFile('examples/birds/stacked-3.png');
      const { maps } = await node.explain(picture);
      expect(far(maps['grad-cam'].saliency, there.map)).toBeLessThan(1e-3);
      const { tensor } = preprocess(picture, node.preprocessing);
      const shape = [3, SIDE, SIDE];
      const grey = greyBaseline({ data: tensor, shape }, node.preprocessing, 0.5).image.data;
      const data = tensor.map((value, i) => (there.mask[i % SIDE ** 2] ? grey[i] : value));
      const { probabilities } = await node.explain({ data, shape }, { methods: [] });
      expect(far(probabilities, there.scores)).toBeLessThan(1e-4);
    },
  );

  test('passes stop for another picture, and strokes come between them', async () => {
    const { page } = visited;
    await take(visited, file('broad.onnx', broad));
    await settled(page);
    await page.evaluate(() => state.methods.ask('score-cam'));
    await page.waitForFunction(() => (state.methods.results.value['score-cam'].passes ?? 0) > 0);
    await page.evaluate(() => {
      state.cover.beginStroke(0.5, 0.5);
      state.cover.endStroke();
    });
    await page.waitForFunction(() => state.question.coveredScores.value !== undefined);
    expect(await page.evaluate(() => state.methods.results.value['score-cam'].state)).toBe('running');
    await page.evaluate(() => state.pictures.choosePicture(2));
    await page.waitForFunction(() => {
      const { methods, pictures } = state;
      return methods.results.value['grad-cam'].maps?.picture === pictures.picture.value?.id;
    });
    expect(await page.evaluate(() => state.methods.results.value['score-cam'].state)).not.toBe('done');
    await page.evaluate(() => state.methods.drop('score-cam'));
    await settled(page);
    expect((await said(page)).filter((text) => !text.startsWith('broad.onnx: '))).toEqual([]);
  });
});
