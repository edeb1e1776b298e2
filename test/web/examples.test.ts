/** The examples as somebody has them who installed the package: built package, no alias. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEntryPoints } from '../../scripts/build.mjs';
import { gradCam, miCam, overlay, viewOf } from '../../src/index.js';
import { createExplainer, decodeFile } from '../../src/node/index.js';
import { launch, noBrowser, serve, stop } from './browser.js';

const BIRD = 'examples/birds/bird-00.png';
/** Levels of 255 by which a pixel may differ: maps that differ by rounding, under a colour map. */
const LEVELS = 3;

/** What the examples should show of the bird. */
async function expected() {
  const explainer = await createExplainer('models/birds.onnx', {
    methods: [miCam(), gradCam],
    backend: 'wasm',
  });
  const picture = await decodeFile(BIRD);
  const [{ target, maps }] = await explainer.explain([picture]);
  const view = viewOf(picture.width, picture.height, explainer.preprocessing);
  await explainer.dispose();
  const { saliency, shape } = maps['mi-cam'];
  const at = saliency.indexOf(1);
  return {
    picture,
    shown: (method: 'mi-cam' | 'grad-cam') => overlay(picture, maps[method], view).data,
    caption: `${target.label}, ${(100 * target.score).toFixed(1)} %`,
    strongest: `${target.label}: strongest at ${at % shape[1]}, ${Math.floor(at / shape[1])}`,
  };
}

const apart = (got: ArrayLike<number>, want: ArrayLike<number>): number => {
  expect(got.length).toBe(want.length);
  return Array.from(want).reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
};

let folder: string;
let want: Awaited<ReturnType<typeof expected>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-cam-examples-'));
  await buildEntryPoints(join(folder, 'dist'));
  for (const path of ['package.json', 'models', 'examples'])
    cpSync(path, join(folder, path), { recursive: true, filter: (from) => !from.includes('node_modules') });
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(folder, join(modules, 'onnx-cam'));
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const name of [...Object.keys(dependencies), 'd3-interpolate', 'd3-color', 'onnxruntime-node', 'vite'])
    symlinkSync(resolve('node_modules', name), join(modules, name));
  want = await expected();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('node: a heat map over each picture, and its class', async () => {
  const birds = [BIRD, 'examples/birds/bird-05.png'];
  const args = ['examples/node/explain.mjs', 'models/birds.onnx', ...birds];
  const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const [first, second] = printed.trim().split('\n');
  expect(first).toBe(`bird-00.heat.png: ${want.caption}`);
  expect(second).toMatch(/^bird-05\.heat\.png: .+ bird, [\d.]+ %$/);
  const { data, width, height } = await decodeFile(join(folder, 'bird-00.heat.png'));
  expect([width, height]).toEqual([want.picture.width, want.picture.height]);
  expect(apart(data, want.shown('grad-cam'))).toBeLessThanOrEqual(LEVELS);
  expect(apart(data, want.picture.data)).toBeGreaterThan(50); // a map over it, not the picture alone
});

describe.skipIf(noBrowser)(`in a browser${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serve>>;

  beforeAll(async () => {
    // No option that the example does not have: its users have none either.
    for (const name of ['vite', 'worker'])
      await build({ root: join(folder, 'examples', name), logLevel: 'error', base: './' });
    served = await serve(folder);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    if (served) await stop(served.server);
  });

  /** Opens an example and waits for its last words. */
  async function open(path: string): Promise<{ page: Page; text: string }> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(`${served.address}${path}`);
    await page.waitForFunction(() => (document.querySelector('p')?.textContent ?? '').length > 1, undefined, {
      timeout: 30_000,
    });
    expect(errors).toEqual([]);
    return { page, text: (await page.textContent('p')) ?? '' };
  }

  const pixels = (page: Page): Promise<number[]> =>
    page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) throw new Error('no canvas');
      return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
    });

  test.each([
    ['script-tag', 'examples/script-tag/', 'mi-cam'],
    ['vite', 'examples/vite/dist/', 'grad-cam'],
  ] as const)('%s: the heat map over the bird, and its class', async (_, path, method) => {
    const { page, text } = await open(path);
    expect(text).toBe(want.caption);
    expect(apart(await pixels(page), want.shown(method))).toBeLessThanOrEqual(LEVELS);
    await page.close();
  });

  test('worker: the class, and where the map is strongest', async () => {
    const { text } = await open('examples/worker/dist/');
    expect(text).toBe(want.strongest);
  });
});
