// WebGPU on Chromium's software adapter: right, and slow, so the models and pictures are small.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methods } from '../../src/index.js';
import { createExplainer, decodeFile } from '../../src/node/index.js';
import { classifier } from '../explain/classifier.js';
import { chooseMethods, hand, mapOf, noBrowser, settled, type Visit, visit } from './browser.js';

const BIRD = 'examples/birds/bird-05.png';

/** Largest difference between the page's map and that of Node's WebAssembly kernels. */
async function difference(page: Visit['page'], method: string, of: Float32Array): Promise<number> {
  const { data } = await mapOf(page, method);
  expect(data.length).toBe(of.length);
  expect(Math.max(...of)).toBeCloseTo(1, 5);
  return data.reduce((largest, value, p) => Math.max(largest, Math.abs(value - of[p])), 0);
}

describe.skipIf(noBrowser)(`the page with WebGPU${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: Visit;
  let loaded = 0;

  beforeAll(async () => {
    visited = await visit({ webgpu: true });
    loaded = visited.requests.length;
  });
  afterAll(async () => {
    await visited?.end();
  });

  test('“Automatic” does not take a software adapter', async () => {
    expect(await visited.page.textContent('#engine')).toMatch(/^Kernels WebAssembly /);
  });

  test('WebGPU kernels behind a model on the CPU: maps equal those of Node to 1e-3', async () => {
    const { page } = visited;
    const names = ['mi-cam', 'grad-cam', 'eigen-cam', 'layer-cam'];
    await chooseMethods(page, names);
    await page.selectOption('#compute', 'mixed');
    await settled(page);
    expect(await page.textContent('#engine')).toMatch(/^Kernels WebGPU \(.*\) · Model onnxruntime-web wasm/);
    await hand(page, 'drop', { name: 'bird-05.png', mimeType: 'image/png', buffer: readFileSync(BIRD) });
    const node = await createExplainer('models/birds.onnx', {
      backend: 'wasm',
      methods: names.map((name) => methods[name]()),
    });
    const [{ maps }] = await node.explain([await decodeFile(BIRD)]);
    await node.dispose();
    for (const method of names)
      expect(await difference(page, method, maps[method].saliency), method).toBeLessThan(1e-3);
    // No file was asked for: this choice needs nothing that was not there.
    expect(visited.requests.slice(loaded)).toEqual([]);
  });

  test('model and kernels on WebGPU: its ONNX Runtime comes from the page’s own server, and nothing is sent', async () => {
    const { page } = visited;
    await page.setInputFiles('#model-file', [
      { name: 'five.onnx', mimeType: '', buffer: Buffer.from(classifier()) },
    ]);
    await settled(page);
    await page.selectOption('#compute', 'webgpu');
    await settled(page);
    expect(await page.locator('[role="alert"]').count()).toBe(0);
    expect(await page.textContent('#engine')).toMatch(
      /^Kernels WebGPU \(.*\) · Model onnxruntime-web webgpu$/,
    );
    const node = await createExplainer(classifier(), { backend: 'wasm', methods: [methods['grad-cam']()] });
    const [{ maps }] = await node.explain([await decodeFile(BIRD)]);
    await node.dispose();
    expect(await difference(page, 'grad-cam', maps['grad-cam'].saliency)).toBeLessThan(1e-3);
    const asked = visited.requests.slice(loaded).filter((line) => line.startsWith('server: '));
    expect(asked.length).toBeGreaterThan(0);
    for (const line of visited.requests.slice(loaded)) {
      const file = /GET (?:http:\/\/127\.0\.0\.1:\d+)?\/(.+)$/.exec(line)?.[1];
      expect(file, line).toMatch(/^(ort|chunk)[\w.-]*\.(js|mjs|wasm)$/);
    }
  });
});
