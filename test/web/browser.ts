/** The page in Debian's Chromium, as a person meets it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { InputTensor } from '../../src/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { buildPage } from '../../web/site/build.mjs';
import { pageServer } from '../../web/site/server.mjs';

const executablePath = process.env.ONNX_CAM_CHROMIUM ?? '/usr/bin/chromium';

/** Why tests in a browser are skipped; with `ONNX_CAM_REQUIRE_BROWSER=1` they fail instead. */
export const noBrowser =
  existsSync(executablePath) || process.env.ONNX_CAM_REQUIRE_BROWSER === '1'
    ? undefined
    : `${executablePath} is missing`;

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

export interface Visit {
  readonly page: Page;
  /**
   * Every request of page and workers, as `METHOD url`, but for those that stay in the browser (`blob:`,
   * `data:`).
   */
  readonly requests: string[];
  /** Takes the server away. */
  stopServer(): Promise<void>;
  end(): Promise<void>;
}

/** Opens the page and waits until the first sample is explained. */
export async function visit({
  webgpu = false,
  before,
}: {
  readonly webgpu?: boolean;
  readonly before?: () => void;
} = {}): Promise<Visit> {
  const folder = await buildPage(mkdtempSync(join(tmpdir(), 'onnx-cam-web-')));
  const { server, address } = await serve(folder);
  const browser = await launch(webgpu ? ['--enable-unsafe-webgpu'] : []);
  const context = await browser.newContext({ acceptDownloads: true, viewport: { width: 1280, height: 900 } });
  const requests: string[] = [];
  const note = (method: string, url: string) => {
    if (!/^(blob|data):/.test(url)) requests.push(`${method} ${url}`);
  };
  context.on('request', (request) => note(request.method(), request.url()));
  server.on('request', ({ method, url }) => note(`server: ${method}`, url ?? ''));
  const page = await context.newPage();
  if (before) await page.addInitScript(before);
  await page.goto(address);
  await page.waitForSelector('body[data-ready]');
  return {
    page,
    requests,
    stopServer: () => stop(server),
    end: async () => {
      await browser.close();
      await stop(server);
      rmSync(folder, { recursive: true });
    },
  };
}

export const launch = (more: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...flags, ...more] });

/** Serves a folder as `npm run web` does. */
export async function serve(folder: string): Promise<{ readonly server: Server; readonly address: string }> {
  const server = pageServer(folder);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, address: `http://127.0.0.1:${address.port}/` };
}

export function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** A file to be handed to the page. */
export interface Handed {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Drops files onto the page, or pastes them, and waits for what comes of it. */
export async function hand(page: Page, way: 'drop' | 'paste', ...files: readonly Handed[]): Promise<void> {
  const given = files.map(({ name, mimeType, buffer }) => ({
    name,
    mimeType,
    bytes: buffer.toString('base64'),
  }));
  await page.evaluate(
    ([kind, list]) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, bytes } of list) {
        const content = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
        transfer.items.add(new File([content], name, { type: mimeType }));
      }
      const event =
        kind === 'drop'
          ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true });
      document.body.dispatchEvent(event);
    },
    [way, given] as const,
  );
  await settled(page);
}

/** Waits until what was asked for is on the screen. */
export const settled = async (page: Page): Promise<void> => {
  await page.waitForSelector('.columns[aria-busy="false"]');
};

/**
 * Chooses methods, and no others.
 * @param waits  Whether until their maps are there.
 */
export async function chooseMethods(page: Page, names: readonly string[], waits = true): Promise<void> {
  await page.click('.tile.more button');
  // The wanted ones first: one of them has to stay.
  for (const name of names) await page.check(`#methods input[value="${name}"]`);
  const ticked = await page
    .locator('#methods input:checked')
    .evaluateAll((boxes) => boxes.map((box) => box.getAttribute('value') ?? ''));
  for (const name of ticked.filter((one) => !names.includes(one)))
    await page.uncheck(`#methods input[value="${name}"]`);
  await page.getByRole('button', { name: 'Done' }).click();
  if (waits) await settled(page);
}

/** The map of a method, as the page offers it for download. */
export async function mapOf(page: Page, method: string): Promise<InputTensor & { readonly file: string }> {
  await page.click(`[data-method="${method}"] .choose`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('#take-map button', { hasText: '.npy' }).click(),
  ]);
  return { ...(await readNpy(await download.path())), file: download.suggestedFilename() };
}
