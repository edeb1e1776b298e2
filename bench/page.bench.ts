// The page in Chromium, as hands feel it: from the brush's touch to moved bars, from a dropped picture to its
// map, both until they are drawn, and the camera's frames per second. Like the page's tests, it needs
// Chromium.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dataFolder, missing } from '../test/data.js';
import { type Handed, hand, noBrowser, settled, type Visit, visit } from '../test/web/browser.js';
import { publishFigure, publishTable } from './publish.js';

const ROUNDS = 15;
const CAMERA_SECONDS = 6;

const models = join(dataFolder, 'models');
const file = (path: string, name: string, mimeType = ''): Handed => ({
  name,
  mimeType,
  buffer: readFileSync(path),
});

const cases = [
  { name: 'birds (128 × 128)', picture: 'examples/birds/bird-00.png', files: [] },
  {
    name: 'MobileNetV2 (224 × 224)',
    picture: join(dataFolder, 'images/cc_by/bird.png'),
    files: [
      ['mobilenet_v2_1.0_224.onnx', 'mobilenet_v2_1.0_224.onnx'],
      ['models.json', 'models.json'],
    ],
  },
] as const;

declare global {
  /** In the page: milliseconds from the event of this name until what it changed is drawn. */
  var timed: (event: string, selector: string, isDone: string) => void;
  var time: Promise<number>;
}

/** Runs in the page. */
function listen(): void {
  globalThis.timed = (event, selector, isDone) => {
    globalThis.time = new Promise((resolve) => {
      addEventListener(
        event,
        ({ timeStamp }) => {
          const begun = document.querySelector(isDone);
          let hasBegun = begun === null;
          const observer = new MutationObserver((records) => {
            const is = document.querySelector(isDone) !== null;
            hasBegun ||= !is;
            const isSeen = records.some(
              ({ target }) => target instanceof Element && target.matches(selector),
            );
            if (!hasBegun || !is || !isSeen) return;
            observer.disconnect();
            // The frame that shows it has been drawn when the one after it is asked for.
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - timeStamp)));
          });
          observer.observe(document.body, { subtree: true, attributes: true, childList: true });
        },
        { once: true, capture: true },
      );
    });
  };
}

const range = (times: number[]): string => {
  times.sort((a, b) => a - b);
  return `${times[0].toFixed(0)} / ${times[times.length >> 1].toFixed(0)} ms`;
};

/** A touch of the brush, each somewhere else; the first ones warm the model up. */
async function strokes(page: Visit['page']): Promise<number[]> {
  await page.getByRole('button', { name: 'Cover: paint' }).click();
  // The curves are drawn first: they compute as long as they are not whole.
  await page.waitForFunction(() =>
    /at random 0/.test(document.querySelector('.curve .hint')?.textContent ?? ''),
  );
  const box = (await page.locator('.surface').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const times: number[] = [];
  for (let i = 0; i < ROUNDS + 3; i++) {
    const at = 0.2 + (0.6 * i) / (ROUNDS + 3);
    await page.mouse.move(box.x + at * box.width, box.y + (i % 2 ? 0.35 : 0.65) * box.height);
    await page.evaluate(() => timed('pointerdown', '#classes', '#classes[aria-busy="false"]'));
    await page.mouse.down();
    await page.mouse.up();
    times.push(await page.evaluate(() => time));
  }
  await page.click('#reset-cover');
  await page.getByRole('button', { name: 'Look: point' }).click();
  return times.slice(3);
}

async function drops(page: Visit['page'], picture: Handed): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    await page.evaluate(() => timed('drop', '.stage figure', '.stage figure[aria-busy="false"]'));
    await hand(page, 'drop', picture);
    times.push(await page.evaluate(() => time));
  }
  return times.slice(1);
}

async function camera(page: Visit['page']): Promise<string> {
  await page.click('#camera');
  await page.waitForTimeout(1000 * CAMERA_SECONDS);
  const fps = await page.textContent('#fps');
  await page.click('#camera');
  await settled(page);
  return fps ?? '';
}

const rows: string[][] = [];
afterAll(() =>
  publishTable(
    'page',
    ['model', 'brush → moved bars, fastest / median', 'picture dropped → its map', 'camera', 'load before'],
    rows,
  ),
);

test.skipIf(noBrowser).for(cases)('$name', async ({ name, picture, files }, { skip }) => {
  const needed = [picture, ...files.map(([path]) => join(models, path))];
  for (const path of needed) if (missing(path)) return skip(missing(path));
  const load = loadavg()[0].toFixed(1);
  const { page, end } = await visit();
  await page.evaluate(listen);
  if (files.length > 0) {
    await page.evaluate(() => timed('drop', '.stage figure', '.stage figure[aria-busy="false"]'));
    await hand(page, 'drop', ...files.map(([path, as]) => file(join(models, path), as)));
    publishFigure('model-dropped', `${((await page.evaluate(() => time)) / 1000).toFixed(1)} s`);
  }
  const dropped = await drops(page, file(picture, 'picture.png', 'image/png'));
  const painted = await strokes(page);
  rows.push([name, range(painted), range(dropped), await camera(page), load]);
  expect(await page.getByRole('alert').count()).toBe(0);
  console.log(await page.textContent('#engine'));
  await end();
});
