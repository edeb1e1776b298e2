/** Chromium on a page that has the state of the page and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { buildPage, root } from '../../../web/site/build.mjs';
import { type Handed, launch, serve, stop } from '../browser.js';
import type { State } from './page.js';

declare global {
  /** In the page. */
  var state: State;
}

export interface StateVisit {
  readonly page: Page;
  /** The folder that is served. */
  readonly folder: string;
  end(): Promise<void>;
}

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob:; media-src 'self' blob:";

/** @param flags  For Chromium. */
export async function visitState(flags: readonly string[] = []): Promise<StateVisit> {
  const folder = await buildPage(mkdtempSync(join(tmpdir(), 'onnx-cam-state-')));
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'test/web/state/page.ts', out: 'state' }],
    ...{ bundle: true, format: 'esm', target: 'es2022', outdir: folder, logLevel: 'warning' },
  });
  writeFileSync(
    join(folder, 'state.html'),
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script type="module" src="state.js"></script>`,
  );
  const { server, address } = await serve(folder);
  const browser = await launch(flags);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${address}state.html`);
  await page.waitForFunction(() => 'state' in globalThis);
  return {
    page,
    folder,
    end: async () => {
      await browser.close();
      await stop(server);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Waits until every method that is asked for was answered, or was not to be. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { methods, model, question } = state;
    const states = methods.askedMethods.value.map((method) => methods.results.value[method]?.state);
    const isOver = states.every((one) => one !== undefined && one !== 'waiting' && one !== 'running');
    return isOver && model.opening.value === undefined && question.baseline.value !== undefined;
  });
}

let handed = 0;

/** Hands files to the page as a drop does; resolves when they have been taken. */
export async function take({ page, folder }: StateVisit, ...files: readonly Handed[]): Promise<void> {
  const given = `given/${handed++}`;
  mkdirSync(join(folder, given), { recursive: true });
  const list = files.map(({ name, mimeType, buffer }, at) => {
    writeFileSync(join(folder, given, String(at)), buffer);
    return { name, mimeType, path: `${given}/${at}` };
  });
  await page.evaluate(async (all) => {
    const got = all.map(async ({ name, mimeType, path }) => {
      const response = await fetch(path);
      return new File([await response.arrayBuffer()], name, { type: mimeType });
    });
    await state.take.take(await Promise.all(got));
  }, list);
}

/** What the page has said since it was last asked. */
export function said(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { notices, dismiss } = state.notices;
    const all = notices.value;
    for (const { id } of all) dismiss(id);
    return all.map(({ text }) => text);
  });
}

export const file = (name: string, content: Uint8Array | string, mimeType = ''): Handed => ({
  name,
  mimeType,
  buffer: Buffer.from(content),
});
