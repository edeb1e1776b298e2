import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { htmlFile } from '../../web/share/html-file.js';
import { launch, noBrowser } from './browser.js';

const png = (name: string) =>
  `data:image/png;base64,${readFileSync(`examples/birds/${name}.png`).toString('base64')}`;

test.skipIf(noBrowser)('one file shows all, asks nobody, and takes names for text', async () => {
  const hostile = '</title></style><script>document.title = "taken"</script>"\'&\u202e.png';
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-html-'));
  const path = join(folder, 'maps.html');
  const html = htmlFile({
    name: hostile,
    picture: png('bird-00'),
    width: 128,
    height: 128,
    classes: [
      { label: hostile, share: '62.0 %' },
      { label: 'a second class', share: '9.1 %' },
    ],
    maps: [
      { title: 'Grad-CAM', label: 'a second class', drawn: png('bird-03'), notes: [hostile] },
      { title: 'MI-CAM', drawn: png('bird-07'), notes: [] },
    ],
    model: hostile,
    facts: [['Preprocessing', hostile]],
  });
  writeFileSync(path, html);
  const browser = await launch();
  try {
    const page = await (await browser.newContext()).newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url().slice(0, 8)));
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(pathToFileURL(path).href);
    const widths = await page.$$eval('img', (images) => images.map(({ naturalWidth }) => naturalWidth));
    expect(widths).toEqual([128, 128, 128]);
    expect(requests.filter((url) => url !== 'data:ima')).toEqual(['file:///']);
    expect(problems).toEqual([]);
    expect(await page.locator('script').count()).toBe(0);
    const shown = hostile.replace('\u202e', '\\u202e');
    expect(await page.title()).toBe(`${shown}: ${shown} and a second class`);
    expect(await page.textContent('h1')).toBe(`${shown} and a second class`);
    expect(await page.locator('dd').allTextContents()).toEqual([
      `${shown}: 62.0 %`,
      'a second class: 9.1 %',
      shown,
      shown,
    ]);
    expect(await page.locator('figcaption').allTextContents()).toEqual([
      shown,
      'Grad-CAM a second class',
      'MI-CAM the same for every class',
    ]);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});
