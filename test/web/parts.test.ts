import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { npyHeader } from '../../src/node/inputs/npy.js';
import { readModel, sortFiles } from '../../web/files/sort.js';
import { npy } from '../../web/npy.js';
import { pageServer } from '../../web/site/server.mjs';
import { latest } from '../../web/state/latest.js';

test.for([
  [1, 4, 5],
  [1, 1, 1], // smallest
  [3], // one axis: NumPy's tuple has a comma behind it
  [1, 1000, 1], // header's length crosses no boundary, the data does
] as const)('a .npy of shape %j is what the package writes in Node', (shape) => {
  const data = Float32Array.from({ length: shape.reduce<number>((a, b) => a * b, 1) }, (_, i) => i / 3 - 1);
  const bytes = npy(data, shape);
  const header = npyHeader(shape);
  expect(Buffer.from(bytes.subarray(0, header.length)).equals(Buffer.from(header))).toBe(true);
  expect(Buffer.from(bytes.subarray(header.length)).equals(Buffer.from(data.buffer))).toBe(true);
});

describe('the latest of many wishes', () => {
  /** A job whose runs end when they are told to. */
  function runs() {
    const open: { end: (error?: Error) => void }[] = [];
    const job = latest(
      () =>
        new Promise<void>((resolve, reject) => {
          open.push({ end: (error) => (error ? reject(error) : resolve()) });
        }),
    );
    return { open, job };
  }

  test('never two at a time, and one more for all that came meanwhile', async () => {
    const { open, job } = runs();
    const first = job();
    const meanwhile = [job(), job(), job()];
    expect(open.length).toBe(1);
    open[0].end();
    await first;
    await Promise.resolve();
    expect(open.length).toBe(2);
    open[1].end();
    await Promise.all(meanwhile);
    expect(open.length).toBe(2);
  });

  test('a run that fails fails for those who asked for it, and the next goes on', async () => {
    const { open, job } = runs();
    const first = job();
    const second = job();
    open[0].end(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await Promise.resolve();
    expect(open.length).toBe(2);
    open[1].end();
    await second;
    const third = job();
    open[2].end();
    await third;
  });
});

describe('dropped files', () => {
  const file = (name: string, content: string, type = '') => new File([content], name, { type });

  test('a model with labels, preprocessing and external data', async () => {
    const { models, pictures, weights, settings } = await sortFiles([
      file('m.onnx', 'model'),
      file('labels.txt', 'ant\r\nbee\n\n', 'text/plain'),
      file('m.json', '{"size": [8, 9], "mean": [0, 0, 0], "std": [1, 1, 1]}', 'application/json'),
      file('m.onnx.data', 'weights'),
      file('p.png', 'picture', 'image/png'),
    ]);
    const model = await readModel(models[0], weights);
    expect(pictures.map(({ name }) => name)).toEqual(['p.png']);
    expect(model.name).toBe('m.onnx');
    expect(model.externalData?.map(({ path, data }) => [path, Buffer.from(data).toString()])).toEqual([
      ['m.onnx.data', 'weights'],
    ]);
    expect(settings.labels).toEqual(['ant', 'bee']);
    expect(settings.preprocessing?.size).toEqual([8, 9]);
  });

  test.for([
    ['an array', '["ant", "bee"]'],
    ['a map', '{"0": "ant", "1": "bee"}'],
    ['our own file without preprocessing', '{"labels": ["ant", "bee"]}'],
    ["Hugging Face's config.json alone", '{"model_type": "vit", "id2label": {"0": "ant", "1": "bee"}}'],
  ])('labels as %s', async ([, json]) => {
    const { settings } = await sortFiles([file('config.json', json)]);
    expect(settings).toEqual({ labels: ['ant', 'bee'], labelsSource: 'config.json' });
  });

  test("Hugging Face's two files together", async () => {
    const { settings } = await sortFiles([
      file('config.json', '{"id2label": {"0": "ant"}}'),
      file(
        'preprocessor_config.json',
        '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": {"height": 8, "width": 8}}',
      ),
    ]);
    expect(settings.labels).toEqual(['ant']);
    expect(settings.preprocessing?.mean).toEqual([0.5, 0.5, 0.5]);
  });

  test('what is nothing of this is named', async () => {
    await expect(sortFiles([file('a.docx', '')])).rejects.toThrow(
      'a.docx: expected a picture, an .onnx model, labels or preprocessing.',
    );
  });
});

describe('the server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-serve-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'a.wasm'), 'wasm');
  writeFileSync(`${folder}-secret`, 'secret'); // beside the folder, its path begins with the folder's
  const server = pageServer(folder);
  let port = 0;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = address !== null && typeof address === 'object' ? address.port : 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
    rmSync(`${folder}-secret`);
  });

  // Not fetch, which would tidy the path up before it is sent.
  const get = (path: string, method = 'GET') =>
    new Promise<{ status?: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      request({ port, path, method, host: '127.0.0.1' }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
      })
        .on('error', reject)
        .end();
    });

  test.for([
    ['/', 'text/html; charset=utf-8'],
    ['/a.wasm?v=1', 'application/wasm'],
  ])('%s: isolated, and of its type', async ([path, type]) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
  });

  test.for(['/none', '/../serve.mjs', '/%2e%2e/%2e%2e/etc/passwd', `/../${folder.split('/').at(-1)}-secret`])(
    '%s is not found',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test.for(['/%zz', '//'])('%s is a bad request', async (path) => {
    expect((await get(path)).status).toBe(400);
  });

  test('nothing can be sent', async () => {
    expect((await get('/', 'POST')).status).toBe(405);
  });
});
