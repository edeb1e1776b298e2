import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser } from '../browser.js';
import { type StateVisit, said, settled, visitState } from './visit.js';

describe.skipIf(noBrowser)(`the camera${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;

  beforeAll(async () => {
    visited = await visitState(['--host-resolver-rules=MAP camera.test 127.0.0.1']);
    await visited.page.evaluate(() => state.start.start());
    await settled(visited.page);
  });
  afterAll(() => visited?.end());

  test('a class that is chosen while a frame is in flight is the one that is explained', async () => {
    const { page } = visited;
    const seen = await page.evaluate(async () => {
      const { camera, methods, pictures, question } = state;
      const until = async (is: () => boolean) => {
        while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      const maps = () => methods.results.value['grad-cam']?.maps;
      const frames: { chosen: number | 'predicted'; explained?: number; together: boolean }[] = [];
      void camera.startCamera();
      await until(() => camera.frameRate.value !== undefined && pictures.picture.value?.from === 'camera');
      const end = methods.results.subscribe(() => {
        const isTogether = maps()?.picture === pictures.picture.value?.id;
        frames.push({ chosen: question.classA.value, explained: maps()?.classA, together: isTogether });
      });
      for (const index of [5, 9, 2]) {
        const before = frames.length;
        await new Promise((resolve) => setTimeout(resolve, 17));
        question.chooseClass(index);
        await until(() => frames.length >= before + 4 && maps()?.classA === index);
      }
      end();
      camera.stopCamera();
      return frames.slice(1);
    });
    expect(seen.length).toBeGreaterThan(8);
    expect(seen.filter(({ chosen, explained }) => chosen !== 'predicted' && chosen !== explained)).toEqual(
      [],
    );
    expect(seen.filter(({ together }) => !together)).toEqual([]);
    await settled(page);
    expect(await page.evaluate(() => [state.camera.frameRate.value, state.explaining.isLive.value])).toEqual([
      undefined,
      false,
    ]);
  });

  test('another picture ends it', async () => {
    const { page } = visited;
    const end = page.evaluate(() => state.camera.startCamera());
    await page.waitForFunction(() => state.camera.frameRate.value !== undefined);
    await page.evaluate(() => state.pictures.choosePicture(3));
    await end;
    await settled(page);
    expect(await page.evaluate(() => state.pictures.picture.value?.from)).toBe('sample');
  });

  test('without https the reason is given', async () => {
    const { page } = visited;
    const address = new URL(page.url());
    address.hostname = 'camera.test';
    await page.goto(address.href);
    await page.waitForFunction(() => 'state' in globalThis);
    await page.evaluate(() => state.camera.startCamera());
    expect(await said(page)).toEqual([
      'Browsers lend the camera only to pages that come by https (or from this computer). Open this page by https, or choose a picture.',
    ]);
  });
});
