// WCAG 2.2 AA as far as axe can tell, at the widths of a phone, a tablet, a laptop and a large screen.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noBrowser, settled, type Visit, visit } from './browser.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(noBrowser)(`the page for everyone${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: Visit;
  beforeAll(async () => {
    visited = await visit();
    // Evaluated, not added as a script: the page lets no foreign script in.
    await visited.page.evaluate(axe);
  });
  afterAll(() => visited?.end());

  /** Rules that are broken, with the first element that breaks each. */
  async function violations(): Promise<string[]> {
    const found: readonly Violation[] = await visited.page.evaluate(
      async (tags) =>
        (await Reflect.get(globalThis, 'axe').run(document, { runOnly: { type: 'tag', values: tags } }))
          .violations,
      rules,
    );
    return found.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
  }

  test.for([
    [390, 'light'],
    [390, 'dark'],
    [1024, 'light'],
    [1440, 'dark'],
    [1440, 'light'],
    [2560, 'dark'],
  ] as const)('at %i pixels, %s', async ([width, colorScheme]) => {
    const { page } = visited;
    await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
    await page.emulateMedia({ colorScheme });
    expect(await violations()).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    if (width > 500) return;
    for (const tab of ['Cover', 'Methods', 'Model', 'Says']) {
      await page.getByRole('button', { name: tab, exact: true }).click();
      expect(await violations(), tab).toEqual([]);
    }
  });

  test('while the picture is covered, with every dialog and form open', async () => {
    const { page } = visited;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.fill('#cover-percent', '20');
    await page.click('#edit-preprocessing');
    await page.getByText('Names', { exact: true }).click();
    await settled(page);
    expect(await violations()).toEqual([]);
    await page.click('.tile.more button');
    expect(await violations(), 'methods').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Copy as code' }).click();
    expect(await violations(), 'code').toEqual([]);
    await page.keyboard.press('Escape');
    await page.setInputFiles(
      '#model-file',
      ['one.onnx', 'two.onnx'].map((name) => ({ name, mimeType: '', buffer: Buffer.from('no model') })),
    );
    await page.waitForSelector('dialog.model-choice');
    expect(await violations(), 'which model').toEqual([]);
    await page.getByRole('button', { name: 'two.onnx' }).click();
    await page.waitForSelector('.toast[role="alert"]');
    expect(await violations(), 'an error').toEqual([]);
    await page.click('.toast [aria-label="Dismiss"]');
    await settled(page);
  });

  test('without motion the page still says that it is busy', async () => {
    const { page } = visited;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.evaluate(() => {
      const figure = document.querySelector('.stage figure');
      const seen: string[] = [];
      new MutationObserver(() => {
        const tile = document.querySelector('.tile[aria-busy="true"] canvas');
        const words = figure?.querySelector('.busy')?.textContent;
        if (words && tile && figure?.ariaBusy === 'true')
          seen.push(`${words} ${getComputedStyle(tile).filter}`);
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
      Object.assign(globalThis, { seen });
    });
    await page.click('[aria-label="stacked-0.png"]');
    await settled(page);
    const seen: string[] = await page.evaluate(() => Reflect.get(globalThis, 'seen'));
    expect(new Set(seen)).toEqual(new Set(['Computing … grayscale(1)']));
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });

  test('in forced colours bars, chosen buttons and the chosen tile are told apart', async () => {
    const { page } = visited;
    await page.emulateMedia({ forcedColors: 'active' });
    const colour = (selector: string, property: string) =>
      page.evaluate(
        ([of, name]) => getComputedStyle(document.querySelector(of) ?? document.body).getPropertyValue(name),
        [selector, property] as const,
      );
    const filled = await colour('[data-tag="A"] .bar .now', 'background-color');
    expect(filled).not.toBe(await colour('[data-tag="A"] .bar', 'background-color'));
    for (const [on, off] of [
      ['.segment [aria-pressed="true"]', '.segment [aria-pressed="false"]'],
      ['.tile .choose[aria-pressed="true"]', '.tile .choose[aria-pressed="false"]'],
    ]) {
      const edge = async (selector: string) =>
        `${await colour(selector, 'border-top-width')} ${await colour(selector, 'border-top-color')}`;
      expect(await edge(on), on).not.toBe(await edge(off));
    }
    await page.emulateMedia({ forcedColors: 'none' });
  });
});
