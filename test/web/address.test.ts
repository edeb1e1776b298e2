/** The address of a page that has two choices and a slider, in a browser's history. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser, serve, stop } from './browser.js';

const program = `
import { Address } from ${JSON.stringify(join(process.cwd(), 'web/share/address.ts'))};
const start = { picture: 'bird-00', classA: 'predicted', opacity: 60, layer: undefined };
let state = { ...start };
const problems = [];
const address = new Address(start, async (read) => {
  problems.push(...read.problems);
  // One field after the other, as pictures and models arrive; a class that there is not is left out.
  for (const [field, value] of Object.entries({ ...start, ...read.state })) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (field === 'classA' && value > 11) problems.push('no class ' + value);
    else set({ [field]: value });
  }
  document.title = 'shown';
}, () => state);
function set(change) {
  state = { ...state, ...change };
  address.changed();
}
Object.assign(globalThis, { set, look: () => ({ state, problems, length: history.length }) });
await address.read();
`;

describe.skipIf(noBrowser)(`the address${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-address-'));
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serve>>;
  let page: Page;

  beforeAll(async () => {
    await build({
      stdin: { contents: program, resolveDir: process.cwd() },
      ...{ bundle: true, format: 'esm', target: 'es2022', outfile: join(folder, 'main.js') },
    });
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title></title><script type="module" src="main.js"></script>',
    );
    served = await serve(folder);
    browser = await launch();
    page = await browser.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await stop(served.server);
    rmSync(folder, { recursive: true });
  });

  const shown = () => page.waitForFunction(() => document.title === 'shown');
  const set = (change: object) => page.evaluate((to) => Reflect.get(globalThis, 'set')(to), change);
  const look = (): Promise<{ state: object; problems: string[]; length: number }> =>
    page.evaluate(() => Reflect.get(globalThis, 'look')());
  const hash = () => page.evaluate(() => location.hash);
  const go = async (way: 'goBack' | 'goForward' | 'reload') => {
    await page.evaluate(() => {
      document.title = '';
    });
    await page[way]();
    await shown();
  };

  test('choices get entries, sliders none; Back, Forward and reload show what was shown', async () => {
    await page.goto(served.address);
    await shown();
    expect(await hash()).toBe('');
    const { length } = await look();
    await set({ picture: 'bird-03' });
    await set({ classA: 7 });
    for (const opacity of [61, 62, 63, 64]) await set({ opacity });
    await page.waitForFunction(() => location.hash.includes('opacity=64'));
    expect(await hash()).toBe('#picture=bird-03&class=7&opacity=64');
    expect((await look()).length).toBe(length + 2);
    await go('goBack');
    expect(await hash()).toBe('#picture=bird-03');
    expect((await look()).state).toEqual({ picture: 'bird-03', classA: 'predicted', opacity: 60 });
    await go('goBack');
    expect(await hash()).toBe('');
    await go('goForward');
    await go('goForward');
    expect((await look()).state).toEqual({ picture: 'bird-03', classA: 7, opacity: 64 });
    expect((await look()).length).toBe(length + 2); // going about adds nothing
    await go('reload');
    expect((await look()).state).toEqual({ picture: 'bird-03', classA: 7, opacity: 64 });
    expect((await look()).length).toBe(length + 2);
  });

  test('a link is shown; what is wrong in it is said, and gone from the address', async () => {
    await page.goto('about:blank');
    await page.goto(`${served.address}#picture=bird-05&class=12&colours=pink&opacity=30`);
    await shown();
    const { state, problems } = await look();
    expect(state).toEqual({ picture: 'bird-05', classA: 'predicted', opacity: 30 });
    expect(problems).toEqual([
      expect.stringMatching(/^colours: expected turbo, .* got "pink"\.$/),
      'no class 12',
    ]);
    expect(await hash()).toBe('#picture=bird-05&opacity=30');
  });
});
