import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methods } from '../../../src/index.js';
import { createExplainer, decodeFile } from '../../../src/node/index.js';
import { dataFolder, missing } from '../../data.js';
import { noBrowser } from '../browser.js';
import { file, type StateVisit, said, settled, take, visitState } from './visit.js';

const birdPath = (name: string) => join('examples/birds', `${name}.png`);
const bird = (name: string, as = `${name}.png`) => file(as, readFileSync(birdPath(name)), 'image/png');
const mobileNet = join(dataFolder, 'models/mobilenet_v1_0.25_128.onnx');

describe.skipIf(noBrowser)(`what is explained${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;

  beforeAll(async () => {
    visited = await visitState();
    await visited.page.evaluate(() => state.start.start());
    await settled(visited.page);
  });
  afterAll(() => visited?.end());

  const shown = () =>
    visited.page.evaluate(() => {
      const { methods, pictures, question } = state;
      const maps = methods.results.value['grad-cam'].maps;
      return {
        isOfPicture: maps?.picture === pictures.picture.value?.id,
        classes: [maps?.classA, maps?.classB],
        asked: question.classA.value,
        ranking: question.ranking.value.slice(0, 2),
      };
    });

  test('begins with two birds and both their classes: maps equal those of Node', async () => {
    const { page } = visited;
    const { isOfPicture, classes, ranking } = await shown();
    expect([isOfPicture, classes]).toEqual([true, ranking]);
    const explainer = await createExplainer('models/birds.onnx', {
      backend: 'wasm',
      methods: [methods['grad-cam'](), methods['mi-cam']()],
    });
    const picture = await decodeFile(birdPath('stacked-3'));
    const [a, b] = await explainer.explain([picture], { target: ranking });
    await explainer.dispose();
    const there = await page.evaluate(() => {
      const { maps } = state.methods.results.value['grad-cam'];
      return [maps?.a.saliency, maps?.b?.saliency].map((map) => Array.from(map ?? []));
    });
    for (const [i, { maps }] of [a, b].entries()) {
      const own = maps['grad-cam'].saliency;
      expect(Math.max(...own.map((value, p) => Math.abs(value - there[i][p])))).toBeLessThan(1e-3);
    }
    // The heat moved from one bird to the other.
    const apart =
      there[0].reduce((sum, value, p) => sum + Math.abs(value - there[1][p]), 0) / there[0].length;
    expect(apart).toBeGreaterThan(0.05);
  });

  test('another picture has one class again; one that was chosen stays, and it is said', async () => {
    const { page } = visited;
    await take(visited, bird('bird-03', 'image.png'));
    await settled(page);
    expect(await shown()).toMatchObject({ isOfPicture: true, asked: 'predicted', classes: [3, undefined] });
    await page.evaluate(() => state.question.chooseClass(7));
    await settled(page);
    expect(await said(page)).toEqual([]);
    expect(await shown()).toMatchObject({ classes: [7, undefined] });
    // A paste has the same name, and is another picture.
    await take(visited, bird('bird-04', 'image.png'));
    await settled(page);
    expect(await shown()).toMatchObject({
      isOfPicture: true,
      asked: 7,
      classes: [7, undefined],
      ranking: [4, expect.anything()],
    });
    const names = await page.evaluate(() => [state.question.className(7), state.question.className(4)]);
    const notices = await page.evaluate(() =>
      state.notices.notices.value.map(({ text, action }) => [text, action?.label]),
    );
    expect(notices).toEqual([
      [
        `Still explaining ${names[0]}, which you chose. This picture is seen as ${names[1]}.`,
        `Explain ${names[1]}`,
      ],
    ]);
    await page.evaluate(() => state.notices.notices.value[0].action?.run());
    await settled(page);
    expect(await shown()).toMatchObject({ asked: 'predicted', classes: [4, undefined] });
  });

  test.skipIf(missing(mobileNet))('passes are counted, and stop when what was asked changes', async () => {
    const { page } = visited;
    await take(visited, file('mobile.onnx', readFileSync(mobileNet)));
    await settled(page);
    await said(page);
    expect(await page.evaluate(() => state.methods.passesOf('score-cam'))).toBe(256);
    expect(
      await page.evaluate(() => ['recipro-cam', 'ablation-cam', 'grad-cam'].map(state.methods.passesOf)),
    ).toEqual([16, 0, 0]);
    await page.evaluate(() => state.methods.ask('score-cam'));
    const running = () =>
      page.waitForFunction(() => {
        const result = state.methods.results.value['score-cam'];
        return (
          result?.state === 'running' &&
          (result.passes ?? 0) > 0 &&
          (result.passes ?? 0) < (result.total ?? 0) &&
          result
        );
      });
    const progress = await (await running()).jsonValue();
    expect(progress).toMatchObject({
      state: 'running',
      total: expect.any(Number),
      secondsLeft: expect.any(Number),
    });
    // Another picture: its fast maps come before those passes could have ended.
    await take(visited, bird('bird-08'));
    await page.waitForFunction(() => {
      const { methods, pictures } = state;
      return methods.results.value['grad-cam'].maps?.picture === pictures.picture.value?.id;
    });
    expect(await page.evaluate(() => state.methods.results.value['score-cam'].state)).not.toBe('done');
    await running();
    await page.evaluate(() => state.explaining.stop('score-cam'));
    await settled(page);
    expect(await page.evaluate(() => state.methods.results.value['score-cam'])).toMatchObject({
      state: 'stopped',
    });
    // It can be asked for again, and dropped while it runs; the others stay.
    await page.evaluate(() => state.methods.ask('score-cam'));
    await running();
    await page.evaluate(() => state.methods.drop('score-cam'));
    await settled(page);
    const left = await page.evaluate(() =>
      Object.values(state.methods.results.value).map((result) => result.state),
    );
    expect(left).toEqual(['done', 'done', 'done', 'done']);
    // A slow method alone: the scores come first.
    await page.evaluate(() => {
      state.methods.show('recipro-cam');
      for (const method of state.methods.askedMethods.value)
        if (method !== 'recipro-cam') state.methods.drop(method);
      state.pictures.choosePicture(2);
    });
    await settled(page);
    const alone = await page.evaluate(() => {
      const { state: result, maps } = state.methods.results.value['recipro-cam'];
      return [
        result,
        maps?.picture === state.pictures.picture.value?.id,
        state.question.baseline.value?.length,
      ];
    });
    expect(alone).toEqual(['done', true, 1000]);
  });
});
