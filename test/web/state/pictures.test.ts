import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExplainer, decodePicture, type Explainer } from '../../../src/node/index.js';
import { noBrowser } from '../browser.js';
import { file, type StateVisit, said, settled, take, visitState } from './visit.js';

const bird = (name: string) => readFileSync(`examples/birds/${name}.png`);
const birdFile = (name: string) => file(`${name}.png`, bird(name), 'image/png');

describe.skipIf(noBrowser)(`pictures${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: StateVisit;
  let node: Explainer;

  beforeAll(async () => {
    visited = await visitState();
    await visited.page.evaluate(() => state.start.start());
    await settled(visited.page);
    node = await createExplainer('models/birds.onnx', { backend: 'wasm', methods: ['grad-cam'] });
  });
  afterAll(async () => {
    await node?.dispose();
    await visited?.end();
  });

  const now = () =>
    visited.page.evaluate(() => {
      const { methods, pictures, question } = state;
      const shown = pictures.picture.value;
      return {
        name: shown?.name,
        size: [shown?.picture.width, shown?.picture.height],
        count: pictures.pictures.value.length,
        probabilities: Array.from(question.baseline.value ?? []),
        saliency: Array.from(methods.results.value['grad-cam'].maps?.a.saliency ?? []),
      };
    });

  /** How far probabilities and map of the page are from those of Node. */
  async function differences(bytes: Uint8Array, name: string): Promise<readonly [number, number]> {
    const { probabilities, saliency } = await now();
    const there = await node.explain(await decodePicture(bytes, name));
    const far = (a: ArrayLike<number>, b: readonly number[]) =>
      Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
    return [far(there.probabilities, probabilities), far(there.maps['grad-cam'].saliency, saliency)];
  }

  test('several at once are a filmstrip; one can be chosen, and taken away', async () => {
    const { page } = visited;
    const { count } = await now();
    await take(
      visited,
      birdFile('bird-01'),
      file('broken.png', 'no picture', 'image/png'),
      birdFile('bird-09'),
    );
    await settled(page);
    expect(await now()).toMatchObject({ name: 'bird-01.png', count: count + 2 });
    expect(await said(page)).toEqual([
      'broken.png: expected a picture that this browser can read (PNG, JPEG, WebP, AVIF, GIF or SVG).',
    ]);
    await page.evaluate(() => state.pictures.choosePicture(1));
    await settled(page);
    expect(await now()).toMatchObject({ name: 'bird-09.png' });
    const [probabilities, map] = await differences(bird('bird-09'), 'bird-09.png');
    expect(probabilities).toBeLessThan(1e-4);
    expect(map).toBeLessThan(1e-3);
    await page.evaluate(() => state.pictures.removePicture(1));
    await settled(page);
    expect((await now()).count).toBe(count + 1);
    expect((await now()).name).not.toBe('bird-09.png');
  });

  const drawn = (width: number, height: number) =>
    sharp(bird('bird-06')).resize(width, height, { fit: 'fill', kernel: 'nearest' });

  test.for([
    ['tall', () => drawn(60, 1900).png().toBuffer()],
    ['wide', () => drawn(1900, 60).png().toBuffer()],
    ['one pixel wide', () => drawn(1, 300).png().toBuffer()],
    ['transparent', () => sharp(bird('bird-06')).ensureAlpha(0.5).png().toBuffer()],
    ['grey', () => sharp(bird('bird-06')).greyscale().png().toBuffer()],
  ] as const)('a %s one is explained as in Node', async ([name, bytes]) => {
    const content = await bytes();
    await take(visited, file(`${name}.png`, content, 'image/png'));
    await settled(visited.page);
    expect((await now()).name).toBe(`${name}.png`);
    const [probabilities, map] = await differences(content, `${name}.png`);
    // A canvas rounds what is half transparent.
    expect(probabilities).toBeLessThan(name === 'transparent' ? 0.03 : 1e-3);
    expect(map).toBeLessThan(name === 'transparent' ? 0.05 : 5e-3);
  });

  test('one of 81 megapixels is reduced, which is said, and explained as in Node', async () => {
    const content = await drawn(9000, 9000).png({ compressionLevel: 1 }).toBuffer();
    await take(visited, file('huge.png', content, 'image/png'));
    await settled(visited.page);
    expect(await said(visited.page)).toEqual(['huge.png: reduced from 9000 × 9000 to 4096 × 4096 pixels.']);
    expect((await now()).size).toEqual([4096, 4096]);
    const [probabilities, map] = await differences(content, 'huge.png');
    expect(probabilities).toBeLessThan(0.02);
    expect(map).toBeLessThan(0.03);
    await visited.page.evaluate(() => state.pictures.removePicture(0));
  });

  const drawing = (size: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 40 20"><rect width="40" height="20" fill="#e33"/><script>state.hacked = 1</script></svg>`;

  test.for([
    ['with a size', 'width="400" height="200"'],
    ['without one', ''],
  ])('an SVG %s is drawn', async ([, size]) => {
    await take(visited, file('drawing.svg', drawing(size), 'image/svg+xml'));
    await settled(visited.page);
    expect(await now()).toMatchObject({ name: 'drawing.svg', size: [1024, 512] });
    const pixel = await visited.page.evaluate(() => {
      const { width, data } = state.pictures.picture.value?.picture ?? { width: 0, data: [] };
      return Array.from(data.slice(4 * (200 * width + 300), 4 * (200 * width + 300) + 4));
    });
    expect(pixel).toEqual([238, 51, 51, 255]);
    expect(await visited.page.evaluate(() => 'hacked' in state)).toBe(false);
  });

  test.for([
    ['photo.heic', /^photo\.heic: this browser cannot read this kind of picture\. Save it as JPEG or PNG/],
    ['empty.png', /^empty\.png: the file is empty\./],
    ['broken.svg', /^broken\.svg: expected a drawing/],
    ['net.pt', /^net\.pt: this is a PyTorch file\. Export the model to ONNX/],
    ['notes.docx', /^notes\.docx: expected a picture, an \.onnx model, labels or preprocessing\./],
  ] as const)('%s is refused with a reason, and nothing changes', async ([name, reason]) => {
    const before = await now();
    await take(visited, file(name, name === 'empty.png' ? '' : 'what is this'));
    expect((await said(visited.page))[0]).toMatch(reason);
    expect(await now()).toEqual(before);
  });

  /** Drops what a browser says of a piece of a page that was dragged. */
  const drop = (data: Readonly<Record<string, string>>) =>
    visited.page.evaluate((data) => {
      const transfer = new DataTransfer();
      for (const [type, value] of Object.entries(data)) transfer.setData(type, value);
      return state.take.takeDropped(transfer);
    }, data);

  test.for<[string, Record<string, string>, string]>([
    ['a picture of this site', { 'text/uri-list': '# a note\r\n/samples/bird-02.png' }, 'bird-02.png'],
    ['a piece of a page', { 'text/html': '<p>x<img src="samples/bird-07.png"></p>' }, 'bird-07.png'],
    [
      'a picture in its own link',
      { 'text/html': `<img src="data:image/png;base64,${bird('bird-10').toString('base64')}">` },
      'picture.png',
    ],
  ])('%s that is dragged works', async ([, data, name]) => {
    await drop(data);
    await settled(visited.page);
    expect(await said(visited.page)).toEqual([]);
    expect((await now()).name).toBe(name);
  });

  test.for<[string, Record<string, string>, RegExp]>([
    [
      'a picture of another site',
      { 'text/uri-list': 'https://example.org/cat.jpg' },
      /^The picture is on example\.org, and this page asks no other site for anything\. Save the picture there/,
    ],
    ['text', { 'text/plain': 'a cat' }, /^Text was dropped/],
    [
      'a link to nothing',
      { 'text/uri-list': 'samples/none.png' },
      /^\/samples\/none\.png: the picture cannot be loaded/,
    ],
  ])('%s that is dragged is explained', async ([, data, reason]) => {
    await drop(data);
    expect((await said(visited.page))[0]).toMatch(reason);
  });
});
