/** Links to the page, and "Take it away": what the page gives, used as its receiver would. */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Download } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExplainer, decodeFile, decodePicture } from '../../src/node/index.js';
import { noBrowser, type Visit, visit } from './browser.js';

const LINK =
  '#picture=bird-07.png&class=4&against=none&side=A&methods=mi-cam,grad-cam&colours=viridis&opacity=70';

describe.skipIf(noBrowser)(`what the page gives${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: Visit;
  const button = (name: string) => visited.page.getByRole('button', { name, exact: true });
  const hash = () => visited.page.evaluate(() => location.hash);
  const ready = () => visited.page.waitForSelector('body[data-ready]');

  async function downloaded(name: string): Promise<Download> {
    await visited.page.waitForFunction(
      (text) =>
        [...document.querySelectorAll('button')].some(
          (one) => one.textContent?.trim() === text && !one.disabled,
        ),
      name,
    );
    const [download] = await Promise.all([visited.page.waitForEvent('download'), button(name).click()]);
    return download;
  }

  async function open(link: string): Promise<void> {
    const address = visited.page.url().split('#')[0];
    await visited.page.goto('about:blank');
    await visited.page.goto(address + link);
    await ready();
  }

  beforeAll(async () => {
    visited = await visit();
  });
  afterAll(() => visited?.end());

  test('a deep link opens right, and stays; Back and reload show it again', async () => {
    const { page } = visited;
    expect(await hash()).toBe('');
    await open(LINK);
    await page.waitForFunction((link) => location.hash === link, LINK);
    await page.reload();
    await ready();
    expect(await hash()).toBe(LINK);
    await page
      .getByRole('button', { name: /bird-00/ })
      .first()
      .click();
    await page.waitForFunction(() => location.hash.includes('picture=bird-00.png'));
    await page.goBack();
    await page.waitForFunction((link) => location.hash === link, LINK);
  });

  test('one HTML file of it: picture, maps, class, model, settings', async () => {
    const download = await downloaded('One HTML file');
    expect(download.suggestedFilename()).toBe('bird-07.html');
    const page = await visited.page.context().newPage();
    await page.setContent(readFileSync(await download.path(), 'utf8'));
    expect(await page.locator('figcaption').count()).toBe(3);
    const facts = (await page.locator('dl').textContent()) ?? '';
    for (const part of ['birds.onnx', '/f/f.5/Relu_output_0', 'birds.json', 'viridis, opacity 70 %'])
      expect(facts).toContain(part);
    await page.close();
  });

  test('the model with its explanation gives the map of Node', async () => {
    const download = await downloaded('Model with its explanation');
    expect(download.suggestedFilename()).toBe('birds.grad-cam.onnx');
    const picture = await decodeFile('examples/birds/bird-07.png');
    const { width, height, data } = picture;
    const pixels = new Uint8Array(3 * width * height);
    for (let i = 0; i < width * height; i++)
      for (let c = 0; c < 3; c++) pixels[c * width * height + i] = data[4 * i + c];
    const session = await InferenceSession.create(await download.path());
    const { saliency } = await session.run({
      pixels: new Tensor('uint8', pixels, [1, 3, height, width]),
      target: new Tensor('int64', BigInt64Array.of(4n), [1]),
    });
    await session.release();
    const explainer = await createExplainer('models/birds.onnx', { backend: 'wasm', methods: ['grad-cam'] });
    const { maps } = await explainer.explain(picture, { target: 4 });
    await explainer.dispose();
    const want = maps['grad-cam'].saliency;
    const got = Float32Array.from(saliency.data as Float32Array); // float32, as baked
    expect(got.length).toBe(want.length);
    expect(want.reduce((far, value, i) => Math.max(far, Math.abs(value - got[i])), 0)).toBeLessThan(1e-3);
  });

  test('as code, of the class and the settings on the screen', async () => {
    const { page } = visited;
    await button('Copy as code').click();
    const dialog = page.getByRole('dialog', { name: 'Copy as code' });
    const code = dialog.getByRole('textbox');
    for (const [language, parts] of [
      [
        'Command line',
        ['--model birds bird-07.png', '--method grad-cam,mi-cam', '--target 4', '--alpha 0.7'],
      ],
      ['Node', ['target: 4', '"grad-cam"', 'colormap: "viridis"']],
      ['Python', ['InferenceSession("birds.grad-cam.onnx")', 'np.array([4])']],
    ] as const) {
      await dialog.getByRole('button', { name: language }).click();
      await page.waitForFunction(
        (part) => document.querySelector<HTMLTextAreaElement>('dialog textarea')?.value.includes(part),
        parts[0],
      );
      for (const part of parts) expect(await code.inputValue()).toContain(part);
    }
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
    await dialog.getByText('Copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await code.inputValue());
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    });
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
    await dialog.getByText('Select the text and copy it yourself.').waitFor();
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
  });

  test('of two classes: poster and HTML file have the maps of both, the file also A − B', async () => {
    await open('');
    expect(await visited.page.locator('[data-tag]').count()).toBe(2);
    const names = await visited.page.locator('[data-tag] .class-name').allTextContents();
    const html = readFileSync(await (await downloaded('One HTML file')).path(), 'utf8');
    const page = await visited.page.context().newPage();
    await page.setContent(html);
    expect(await page.textContent('h1')).toBe(names.join(' and '));
    expect(await page.locator('figcaption').allTextContents()).toEqual([
      'stacked-3.png',
      ...['Grad-CAM', 'LayerCAM'].map((title) => `${title} A − B: ${names.join(' less ')}`),
      ...names.flatMap((name) => ['Grad-CAM', 'LayerCAM'].map((title) => `${title} ${name}`)),
      ...['MI-CAM', 'Eigen-CAM'].map((title) => `${title} the same for every class`),
    ]);
    // Red where A is seen, blue where B is: the difference is no map of one of them.
    const drawn = await page
      .locator('figure img')
      .evaluateAll((all) => all.map((one) => one.getAttribute('src')));
    expect(new Set(drawn).size).toBe(drawn.length);
    await page.close();
    const two = await decodePicture(readFileSync(await (await downloaded('Poster, PNG')).path()), 'two.png');
    await visited.page.getByRole('button', { name: 'One class', exact: true }).click();
    await visited.page.waitForSelector('.columns[aria-busy="false"]');
    const one = await decodePicture(readFileSync(await (await downloaded('Poster, PNG')).path()), 'one.png');
    // A legend line for each class, and its maps.
    expect([two.width, two.height]).not.toEqual([one.width, one.height]);
  });

  test('what is wrong in a link is said; files of one’s own are asked for', async () => {
    const { page } = visited;
    await open('#picture=bird-05.png&class=99&opacity=7000&brush=1');
    await page.waitForFunction(() => document.body.textContent?.includes('no class 99'));
    expect(await page.textContent('body')).toContain('"brush" is nothing');
    expect(await hash()).toBe('#picture=bird-05.png');
    await open('#picture=my%20cat.png&model=five.onnx');
    await page.waitForFunction(() =>
      document.body.textContent?.includes(
        'This link is about my cat.png and five.onnx. Drop them here again',
      ),
    );
    expect(await hash()).toBe('#picture=my%20cat.png&model=five.onnx');
    expect(visited.requests.filter((line) => /cat|five/.test(line.replace(/#.*/, '')))).toEqual([]);
  });
});
