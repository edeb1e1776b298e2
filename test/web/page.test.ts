import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methods } from '../../src/index.js';
import { createExplainer, decodeFile, decodePicture, type Explainer } from '../../src/node/index.js';
import { classifier } from '../explain/classifier.js';
import { chooseMethods, type Handed, hand, mapOf, noBrowser, settled, type Visit, visit } from './browser.js';

const bird = (name: string) => join('examples/birds', `${name}.png`);
const file = (name: string, content: Uint8Array | string, mimeType = ''): Handed => ({
  name,
  mimeType,
  buffer: Buffer.from(content),
});
const birdFile = (name: string): Handed => file(`${name}.png`, readFileSync(bird(name)), 'image/png');

// One of each kind: no weights from gradients, a principal component, closed form, elementwise, the whole
// model in passes.
const compared = ['mi-cam', 'eigen-cam', 'grad-cam', 'layer-cam', 'recipro-cam'];

/** Largest difference between a map of the page and one of Node. */
async function difference(page: Visit['page'], method: string, of: Float32Array): Promise<number> {
  const { data } = await mapOf(page, method);
  expect(data.length).toBe(of.length);
  expect(Math.max(...of)).toBeCloseTo(1, 5); // a map, not nothing
  return data.reduce((largest, value, p) => Math.max(largest, Math.abs(value - of[p])), 0);
}

/** In the page, before its own scripts: counts the pictures that are with the worker. */
function countRuns(): void {
  const counts = { most: 0, all: 0 };
  const running = new Set<number>();
  const watched = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      // The first to hear of an answer: the page may send its next picture before a later listener is called.
      this.addEventListener('message', ({ data }: MessageEvent<{ id: number }>) => running.delete(data.id));
    }

    override postMessage(message: { id: number; request: { kind: string } }): void {
      if (message.request.kind === 'explain') {
        counts.all++;
        counts.most = Math.max(counts.most, running.add(message.id).size);
      }
      super.postMessage(message);
    }
  };
  Object.assign(globalThis, { counts, Worker: watched });
}

describe.skipIf(noBrowser)(`the page in a browser${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: Visit;
  let node: Explainer;
  let loaded = 0;

  beforeAll(async () => {
    visited = await visit({ before: countRuns });
    loaded = visited.requests.length;
    // From here on there is nobody to ask: what the page does, it does alone.
    await visited.stopServer();
    node = await createExplainer('models/birds.onnx', {
      backend: 'wasm',
      methods: compared.map((name) => methods[name]()),
    });
  });
  afterAll(async () => {
    await node?.dispose();
    await visited?.end();
  });

  test('it is isolated, so that WebAssembly has threads, and says what computes', async () => {
    const { page } = visited;
    const [isolated, cores] = await page.evaluate(() => [crossOriginIsolated, navigator.hardwareConcurrency]);
    expect(isolated).toBe(true);
    const count = Math.min(Number(cores), 8);
    expect(await page.textContent('#engine')).toBe(
      `Kernels WebAssembly (WebAssembly SIMD) · Model onnxruntime-web wasm, ${count} thread${count > 1 ? 's' : ''}`,
    );
    expect(await page.locator('.tile[data-method]').count()).toBe(4);
    expect(loaded).toBeGreaterThan(5);
  });

  test('it begins with two birds, both of their classes and the heat of the one less that of the other', async () => {
    const { page } = visited;
    expect(await page.locator('[data-tag]').count()).toBe(2);
    expect(await page.getAttribute('.side-A-B', 'aria-pressed')).toBe('true');
    expect(await page.textContent('.legend')).toBe('−1+1');
    const { data } = await mapOf(page, 'grad-cam');
    expect(Math.min(...data)).toBeLessThan(-0.5);
    expect(Math.max(...data)).toBeGreaterThan(0.5);
    expect(await page.textContent('[data-method="mi-cam"] .state')).toBe('same for every class');
  });

  test('a dropped picture: maps equal those of Node to 1e-3, and every tile names the class', async () => {
    const { page } = visited;
    await chooseMethods(page, compared);
    await hand(page, 'drop', birdFile('bird-03'));
    const [{ maps, target }] = await node.explain([await decodeFile(bird('bird-03'))]);
    expect(await page.textContent('[data-tag="A"] .class-name')).toBe(target.label);
    expect((await mapOf(page, 'mi-cam')).file).toBe('bird-03.mi-cam.npy');
    for (const method of compared) {
      expect(await difference(page, method, maps[method].saliency), method).toBeLessThan(1e-3);
      const said = maps[method].classAgnostic ? 'same for every class' : target.label;
      expect(await page.textContent(`[data-method="${method}"] .state`), method).toBe(said);
    }
  });

  test('a pasted picture, and another class, found by its name with the keyboard', async () => {
    const { page } = visited;
    await hand(page, 'paste', birdFile('stacked-3'));
    const [{ scores }] = await node.explain([await decodeFile(bird('stacked-3'))]);
    const second = [...scores.keys()].sort((a, b) => scores[b] - scores[a])[1];
    const name = String(await page.textContent(`[data-class="${second}"] .class-name`));
    await page.fill('#class-search', name.toUpperCase());
    expect(await page.locator('.class').count()).toBe(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await settled(page);
    await page.fill('#class-search', '');
    const [{ maps, target }] = await node.explain([await decodeFile(bird('stacked-3'))], { target: second });
    expect(await page.textContent('[data-tag="A"] .class-name')).toBe(target.label);
    expect(await difference(page, 'grad-cam', maps['grad-cam'].saliency)).toBeLessThan(1e-3);
  });

  test('another layer, by the slider and by its name', async () => {
    const { page } = visited;
    const names = await page
      .locator('#layer option')
      .evaluateAll((list) => list.map((one) => one.getAttribute('value')));
    const earlier = String(names[4]);
    const index = Number(
      await page.textContent('[data-tag="A"]').then(() => page.getAttribute('[data-tag="A"]', 'data-class')),
    );
    await page.fill('#depth', String(names.length - 1 - 4));
    await settled(page);
    expect(await page.textContent('#layer-reason')).toBe('Chosen by you.');
    const there = await createExplainer('models/birds.onnx', {
      backend: 'wasm',
      layers: [earlier],
      methods: [methods['grad-cam']()],
    });
    const [{ maps }] = await there.explain([await decodeFile(bird('stacked-3'))], { target: index });
    await there.dispose();
    expect(await difference(page, 'grad-cam', maps['grad-cam'].saliency)).toBeLessThan(1e-3);
    await page.getByText('Names', { exact: true }).click();
    await page.selectOption('#layer', '');
    await settled(page);
    expect(await page.textContent('#layer-reason')).toContain('is the last feature map');
  });

  test('opacity, colours and boxes change the picture at once, without another run', async () => {
    const { page } = visited;
    const state = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.surface canvas');
        const counted: unknown = Reflect.get(globalThis, 'counts');
        return { picture: canvas?.toDataURL(), runs: JSON.stringify(counted) };
      });
    const seen = [await state()];
    const frame = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    const changes = [
      () => page.fill('#opacity', '90'),
      () => page.selectOption('#colormap', 'viridis'),
      () => page.check('#boxes'),
    ];
    for (const change of changes) {
      await change();
      await frame();
      seen.push(await state());
    }
    expect(new Set(seen.map(({ picture }) => picture)).size).toBe(4);
    expect(new Set(seen.map(({ runs }) => runs)).size).toBe(1);
    await page.uncheck('#boxes');
  });

  test('a PNG of the picture’s own size', async () => {
    const { page } = visited;
    await page.click('[data-method="mi-cam"] .choose');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#take-map button', { hasText: 'PNG' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('stacked-3.mi-cam.png');
    const { width, height } = await decodePicture(readFileSync(await download.path()), 'map.png');
    expect([width, height]).toEqual([128, 128]);
  });

  test('a method that the model cannot serve is greyed, with its reason in one line', async () => {
    const { page } = visited;
    await page.click('.tile.more button');
    const choice = page.locator('.choice', { has: page.locator('input[value="calm"]') });
    expect(await choice.locator('input').isDisabled()).toBe(true);
    expect(await choice.locator('small').textContent()).toMatch(/^Only for CALM models/);
    const slow = page.locator('.choice', { has: page.locator('input[value="score-cam"]') });
    expect(await slow.locator('small').textContent()).toBe('about 96 passes');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
  });

  test('one’s own model with labels', async () => {
    const { page } = visited;
    await chooseMethods(page, ['mi-cam', 'grad-cam']);
    await page.setInputFiles('#model-file', [
      file('five.onnx', classifier()),
      file('labels.txt', 'ant\nbee\ncat\ndog\nelk\n', 'text/plain'),
    ]);
    await settled(page);
    expect(await page.locator('[role="alert"]').count()).toBe(0);
    expect(await page.textContent('#model-name')).toBe('five.onnx');
    expect(await page.textContent('#model-facts')).toMatch(/^classes5input\[n, 3, 8, 8\]/);
    const own = await createExplainer(classifier(), {
      backend: 'wasm',
      labels: ['ant', 'bee', 'cat', 'dog', 'elk'],
      methods: [methods['grad-cam']()],
    });
    const [{ maps, target }] = await own.explain([await decodeFile(bird('stacked-3'))]);
    await own.dispose();
    expect(await page.textContent('[data-tag="A"] .class-name')).toBe(target.label);
    expect(await difference(page, 'grad-cam', maps['grad-cam'].saliency)).toBeLessThan(1e-3);
    expect(await page.textContent('#preprocessing-origin')).toBe('guessed: ImageNet');
  });

  test('preprocessing that is changed is that of Node', async () => {
    const { page } = visited;
    await page.click('#edit-preprocessing');
    await page.getByRole('button', { name: '−1 to 1', exact: true }).click();
    await settled(page);
    await page.selectOption('#resize', 'exact');
    await settled(page);
    expect(await page.textContent('#preprocessing-origin')).toBe('yours');
    const [half] = [[0.5, 0.5, 0.5]];
    const own = await createExplainer(classifier(), {
      backend: 'wasm',
      methods: [methods['grad-cam']()],
      preprocessing: {
        size: [8, 8],
        resize: 'exact',
        interpolation: 'bilinear',
        mean: half,
        std: half,
        channels: 'RGB',
      },
    });
    const [{ maps }] = await own.explain([await decodeFile(bird('stacked-3'))]);
    await own.dispose();
    expect(await difference(page, 'grad-cam', maps['grad-cam'].saliency)).toBeLessThan(1e-3);
    await page.fill('#std', '0');
    await page.press('#std', 'Enter');
    expect(await page.getByRole('alert').textContent()).toMatch(/^Std: expected one number or 3, got "0"/);
    expect(await page.inputValue('#std')).toBe('0.5 0.5 0.5');
  });

  test('a broken model shows its error, and the page goes on with the one before', async () => {
    const { page } = visited;
    const half = readFileSync('models/birds.onnx').subarray(0, 500_000);
    await hand(page, 'drop', file('half.onnx', half));
    const alert = page.getByRole('alert');
    expect(await alert.textContent()).toMatch(/half\.onnx: expected .+, got /);
    expect(await page.textContent('#model-name')).toBe('five.onnx');
    await page.click('[aria-label="bird-07.png"]');
    await settled(page);
    expect((await mapOf(page, 'mi-cam')).file).toBe('bird-07.mi-cam.npy');
    await page.click('#default-model');
    await settled(page);
    expect(await page.textContent('#model-name')).toBe('birds.onnx');
    expect(await alert.count()).toBe(0);
  });

  test.for([
    ['not-a-picture.png', 'image/png', 'not-a-picture.png: expected a picture that this browser can read'],
    ['notes.docx', '', 'notes.docx: expected a picture, an .onnx model, labels or preprocessing.'],
    ['bad.json', 'application/json', 'bad.json: expected JSON'],
  ] as const)('%s is refused with a sentence', async ([name, type, text]) => {
    const { page } = visited;
    await hand(page, 'drop', file(name, 'not what it says', type));
    expect(await page.getByRole('alert').last().textContent()).toContain(text);
  });

  test('the camera is explained frame by frame, one at a time', async () => {
    const { page } = visited;
    await page.click('#camera');
    await page.waitForFunction(() => /^\d+\.\d fps$/.test(document.querySelector('#fps')?.textContent ?? ''));
    const count = () => page.evaluate(() => JSON.stringify(Reflect.get(globalThis, 'counts')));
    const before: { all: number } = JSON.parse(await count());
    await page.waitForTimeout(1500);
    const after: { all: number; most: number } = JSON.parse(await count());
    expect(after.all - before.all).toBeGreaterThanOrEqual(2);
    expect(await page.getAttribute('#camera', 'aria-pressed')).toBe('true');
    await page.click('#camera');
    await page.waitForFunction(() => document.querySelector('#fps')?.textContent === '');
  });

  test('nothing was asked of the network after the page had loaded', () => {
    expect(visited.requests.slice(loaded)).toEqual([]);
    // And what was asked before was the page's own files, and nothing was sent with it.
    expect(visited.requests.filter((line) => !/(^|: )GET (http:\/\/127\.0\.0\.1:\d+)?\//.test(line))).toEqual(
      [],
    );
  });
});
