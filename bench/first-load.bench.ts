// What `npm run web` sends to a browser: at the first load, and at the next. Like the page's tests it needs
// Chromium.
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, noBrowser, serve, stop } from '../test/web/browser.js';
import { buildPage } from '../web/site/build.mjs';
import { compressFolder } from '../web/site/compress.mjs';
import { publishTable } from './publish.js';

const kinds = [
  ['ONNX Runtime', /^\/ort-wasm-/],
  ['model', /^\/models\//],
  ['sample pictures', /^\/samples\//],
  ['page', /^/],
] as const;

const sent = new Map<string, { requests: number; bytes: number }>();
let folder: string;
let server: Server;
let address: string;

beforeAll(async () => {
  folder = await buildPage(mkdtempSync(join(tmpdir(), 'onnx-cam-load-')));
  await compressFolder(folder);
  ({ server, address } = await serve(folder));
  server.on('request', ({ url = '', socket }, response) => {
    const before = socket.bytesWritten;
    response.on('close', () => {
      const [kind] = kinds.find(([, path]) => path.test(url)) ?? kinds[3];
      const { requests, bytes } = sent.get(kind) ?? { requests: 0, bytes: 0 };
      sent.set(kind, { requests: requests + 1, bytes: bytes + socket.bytesWritten - before });
    });
  });
});
afterAll(async () => {
  await stop(server);
  rmSync(folder, { recursive: true });
});

const total = () => [...sent.values()].reduce((sum, { bytes }) => sum + bytes, 0);
const cell = (kind: string) => {
  const { requests, bytes } = sent.get(kind) ?? { requests: 0, bytes: 0 };
  return `${(bytes / 1000).toFixed(0)} kB, ${requests} files`;
};

test.skipIf(noBrowser)('the first load, and the next', async () => {
  const browser = await launch();
  const page = await (await browser.newContext()).newPage();
  const columns: string[][] = [];
  for (let load = 0; load < 2; load++) {
    sent.clear();
    await page.goto(address);
    await page.waitForSelector('body[data-ready]');
    await page.waitForTimeout(500);
    columns.push([...kinds.map(([kind]) => cell(kind)), `${(total() / 1000).toFixed(0)} kB`]);
    await page.goto('about:blank');
  }
  await browser.close();
  expect(columns[0]).not.toEqual(columns[1]);
  const names = [...kinds.map(([kind]) => kind), 'all'];
  publishTable(
    'first-load',
    ['', 'first load', 'next load'],
    names.map((name, i) => [name, columns[0][i], columns[1][i]]),
  );
});
