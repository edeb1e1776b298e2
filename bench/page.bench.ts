// The page in Chromium: time from a dropped picture to its maps, and the camera's frames per second. Like the
// page's tests, it needs Chromium.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dataFolder, missing } from '../test/data.js';
import {
  chooseMethods,
  type Handed,
  hand,
  noBrowser,
  settled,
  type Visit,
  visit,
} from '../test/web/browser.js';
import { publishTable } from './publish.js';

const DROPS = 9;
const CAMERA_SECONDS = 6;

const models = join(dataFolder, 'models');
const file = (path: string, name: string, mimeType = ''): Handed => ({
  name,
  mimeType,
  buffer: readFileSync(path),
});

const cases = [
  { name: 'birds (embedded)', picture: 'examples/birds/bird-00.png', files: [] },
  {
    name: 'MobileNetV2',
    picture: join(dataFolder, 'images/cc_by/bird.png'),
    files: [
      ['mobilenet_v2_1.0_224.onnx', 'mobilenet_v2_1.0_224.onnx'],
      ['models.json', 'models.json'],
    ],
  },
] as const;
const sets = [['mi-cam'], ['mi-cam', 'eigen-cam', 'grad-cam', 'layer-cam']];

/** Milliseconds from the last request to the drawn maps, as the page reports them. */
async function onScreen(page: Visit['page']): Promise<number> {
  const status = (await page.textContent('#status')) ?? '';
  const [, value, unit] = /on the screen ([\d.]+) (m?s) after/.exec(status) ?? [];
  return Number(value) * (unit === 's' ? 1000 : 1);
}

/** The same for several drops of a picture, sorted. One drop before them warms the model up. */
async function drops(page: Visit['page'], picture: Handed): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i <= DROPS; i++) {
    await hand(page, 'drop', picture);
    times.push(await onScreen(page));
  }
  return times.slice(1).sort((a, b) => a - b);
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
  publishTable('page', ['model', 'maps', 'picture dropped → maps, fastest / median', 'camera'], rows),
);

test.skipIf(noBrowser).for(cases)('$name', async ({ name, picture, files }, { skip }) => {
  const needed = [picture, ...files.map(([path]) => join(models, path))];
  for (const path of needed) if (missing(path)) return skip(missing(path));
  const opened = performance.now();
  const { page, end } = await visit();
  console.log(
    `page opened, maps of the first sample ${(performance.now() - opened).toFixed(0)} ms (browser started with it)`,
  );
  for (const methods of sets) {
    await chooseMethods(page, methods);
    if (files.length > 0) {
      await hand(page, 'drop', ...files.map(([path, as]) => file(join(models, path), as)));
      console.log(`${name}: model read → maps ${(await onScreen(page)).toFixed(0)} ms`);
    }
    expect(await page.isVisible('#error')).toBe(false);
    const times = await drops(page, file(picture, 'picture.png', 'image/png'));
    expect(times.every((time) => time > 0)).toBe(true);
    const range = `${times[0].toFixed(0)} / ${times[DROPS >> 1].toFixed(0)} ms`;
    rows.push([name, methods.join(', '), range, await camera(page)]);
  }
  console.log(await page.textContent('#engine'));
  await end();
});
