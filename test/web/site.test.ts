/** `npm run site`: the page on a host that knows nothing of it, and without any. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addServiceWorker, buildSite } from '../../web/site/site.mjs';
import { hand, launch, noBrowser, settled } from './browser.js';
import { type PlainHost, plainHost } from './plain-host.js';

const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-site-test-'));
const site = join(folder, 'site');
let files: readonly string[];
beforeAll(async () => {
  files = await buildSite(site);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the folder', () => {
  test('a second build replaces the files of the first, and no others', async () => {
    const out = join(folder, 'again');
    await buildSite(out);
    writeFileSync(join(out, 'CNAME'), 'example.org');
    const list = JSON.parse(readFileSync(join(out, 'onnx-cam-site.json'), 'utf8'));
    writeFileSync(join(out, 'samples', 'of-before.png'), '');
    writeFileSync(
      join(out, 'onnx-cam-site.json'),
      JSON.stringify({ files: [...list.files, 'samples/of-before.png'] }),
    );
    expect(await buildSite(out)).toEqual(files);
    expect(existsSync(join(out, 'samples', 'of-before.png'))).toBe(false);
    expect(readFileSync(join(out, 'CNAME'), 'utf8')).toBe('example.org');
  });

  test.for([
    ['of somebody else', { 'thesis.tex': 'years of work' }, 'got one with other files'],
    ['whose list is damaged', { 'onnx-cam-site.json': '{' }, "expected the list of a site's files"],
    [
      'whose list leads out of it',
      { 'onnx-cam-site.json': '{"files": ["../secret"]}' },
      "expected the list of a site's files",
    ],
  ] as const)('a folder %s is left as it is', async ([name, content, error]) => {
    const out = mkdtempSync(join(folder, name.replaceAll(' ', '-')));
    for (const [file, text] of Object.entries(content)) writeFileSync(join(out, file), text);
    await expect(buildSite(out)).rejects.toThrow(error);
    expect(readdirSync(out)).toEqual(Object.keys(content));
  });

  test('the command says what it does, and refuses with a sentence', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['web/site/write-site.mjs', ...args], { encoding: 'utf8' });
    expect(run('--help').stdout).toContain('(default: "dist-site")');
    const own = join(folder, 'own');
    cpSync('models/birds.json', join(own, 'birds.json'));
    const { status, stderr } = run('--out', own);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^.*own: expected a new folder, .*--out DIR\.\n$/),
    ]);
  });
});

describe.skipIf(noBrowser)(`on a plain host${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let host: PlainHost;
  let context: BrowserContext;
  let page: Page;
  let close: () => Promise<void>;
  const errors: string[] = [];
  const ready = (on: Page) => on.waitForSelector('body[data-ready]');
  /** The site in `of` with one file changed. */
  async function version(
    of: string,
    name: string,
    file: string,
    change: (text: string) => string,
  ): Promise<string> {
    const out = join(folder, name);
    cpSync(of, out, { recursive: true });
    writeFileSync(join(out, file), change(readFileSync(join(out, file), 'utf8')));
    await addServiceWorker(out);
    return out;
  }
  /** The addresses that the page's caches hold. */
  const kept = () =>
    page.evaluate(async () => {
      const names = await caches.keys();
      const all = names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url));
      return (await Promise.all(all)).flat();
    });

  beforeAll(async () => {
    host = await plainHost(site, '/some/where/');
    const browser = await launch();
    close = () => browser.close();
    context = await browser.newContext();
    page = await context.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(host.address);
    await ready(page);
  });
  afterAll(async () => {
    await close?.();
    await host?.end();
  });

  test('it is isolated after one reload, which it makes itself, and asks for no file twice', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await page.textContent('#engine')).toContain('onnxruntime-web wasm');
    const twice = host.asked.filter((path, i) => host.asked.indexOf(path) !== i);
    // What the first load asked for before the service worker was there.
    expect(
      twice.filter(
        (path) => !['index.html', 'start.js', 'service-worker.js', 'style.css', 'icon.svg'].includes(path),
      ),
    ).toEqual([]);
    expect(host.asked.filter((path) => !files.includes(path))).toEqual([]);
    // One build of ONNX Runtime: the one that computes.
    expect(host.asked.filter((path) => path.endsWith('.wasm'))).toEqual(['ort-wasm-simd-threaded.wasm']);
  });

  test('without a network it opens again and explains', async () => {
    host.serve(undefined);
    await page.reload();
    await ready(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const other = await context.newPage();
    await other.goto(`${host.address}index.html#anything`);
    await ready(other);
    await other.close();
  });

  test('what is dropped is explained, and kept nowhere', async () => {
    const before = await kept();
    expect(before.length).toBeGreaterThan(10);
    const buffer = readFileSync('examples/birds/bird-03.png');
    await hand(page, 'drop', { name: 'bird-03.png', mimeType: 'image/png', buffer });
    await page.waitForSelector('.film [aria-label="bird-03.png"][aria-pressed="true"]');
    await settled(page);
    expect(await kept()).toEqual(before);
    host.serve(site);
    const status = await page.evaluate(async () => (await fetch('dropped.png')).status);
    expect(status).toBe(404);
    expect(await kept()).toEqual(before);
  });

  test('a new version waits for the pages of the old one, then takes over with the next load', async () => {
    const next = await version(site, 'next', 'index.html', (html) =>
      html.replace('<head>', '<head><meta name="v" content="2">'),
    );
    const other = await context.newPage();
    await other.goto(host.address);
    await ready(other);
    host.serve(next);
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      await new Promise<void>((resolve) => {
        const look = () => (registration.waiting ? resolve() : setTimeout(look, 50));
        look();
      });
    });
    // Two pages of the old version are open: both go on, also when one is loaded again.
    await page.reload();
    await ready(page);
    expect(await page.locator('meta[name=v]').count()).toBe(0);
    await other.close();
    // The address has a hash, of the picture that was dropped.
    expect(page.url()).toContain('#picture=');
    await page.reload();
    await page.waitForSelector('meta[name=v]', { state: 'attached' });
    await ready(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const addresses = (await kept()).map((url) => url.split('?')[0]);
    expect(new Set(addresses).size).toBe(addresses.length); // the old version's files are gone
    host.serve(undefined);
    await page.reload();
    await ready(page);
    host.serve(next);
  });

  test('a version whose files do not fit it is not taken', async () => {
    // As while a host copies its files: the service worker is new already, a file is not.
    const half = await version(join(folder, 'next'), 'half', 'main.js', (script) => `${script};`);
    cpSync(join(site, 'main.js'), join(half, 'main.js'));
    host.serve(half);
    const cacheBefore = await kept();
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update().catch(() => {});
    });
    await page.reload();
    await ready(page);
    expect(await kept()).toEqual(cacheBefore);
  });

  test('nothing went wrong in the page', () => {
    expect(errors).toEqual([]);
  });
});

test.skipIf(noBrowser)('where there are no service workers the page works, with one thread', async () => {
  const host = await plainHost(site, '/');
  const browser = await launch();
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.goto(host.address);
  await page.waitForSelector('body[data-ready]');
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await browser.close();
  await host.end();
});
