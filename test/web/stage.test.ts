import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseMethods, noBrowser, settled, type Visit, visit } from './browser.js';

describe.skipIf(noBrowser)(`hands on the stage${noBrowser ? `: ${noBrowser}` : ''}`, () => {
  let visited: Visit;
  beforeAll(async () => {
    visited = await visit();
    await visited.page.setViewportSize({ width: 1440, height: 900 });
  });
  afterAll(() => visited?.end());

  /** The probability of a class as its row shows it, in hundredths. */
  const says = async (tag: 'A' | 'B'): Promise<number> =>
    Number.parseFloat(
      String(await visited.page.textContent(`[data-tag="${tag}"] .share`)).replace(/^[<>] /, ''),
    );

  test('the brush over bird A: its class falls, that of B rises, and undo takes it back', async () => {
    const { page } = visited;
    const [a, b] = [await says('A'), await says('B')];
    expect(a).toBeGreaterThan(90);
    const figure = page.locator('.stage figure');
    const before = await figure.boundingBox();
    await page.getByRole('button', { name: 'Cover: paint' }).click();
    // The brush's controls move nothing, and no tile is out of sight.
    expect(await figure.boundingBox()).toEqual(before);
    const more = await page.locator('.tile.more').boundingBox();
    const { right } = await page.locator('main').evaluate((main) => main.getBoundingClientRect());
    expect((more?.x ?? right) + (more?.width ?? 0)).toBeLessThanOrEqual(right);
    const { x, y, width, height } = (await page.locator('.surface').boundingBox()) ?? {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
    };
    expect(width).toBeGreaterThan(600);
    await page.mouse.move(x + 0.3 * width, y + 0.3 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.6 * width, y + 0.35 * height, { steps: 8 });
    await page.mouse.up();
    await page.waitForFunction(() =>
      /−\d/.test(document.querySelector('[data-tag="A"] .share')?.textContent ?? ''),
    );
    await expect.poll(() => says('A')).toBeLessThan(a / 2);
    expect(await says('B')).toBeGreaterThan(b);
    await page.locator('.surface').focus();
    await page.keyboard.press('Control+z');
    await expect.poll(() => says('A')).toBe(a);
    // With the keyboard alone: the crosshair is where the mouse was.
    await page.keyboard.press('Space');
    await expect.poll(() => page.isEnabled('#reset-cover')).toBe(true);
    await page.click('#reset-cover');
    await expect.poll(() => says('A')).toBe(a);
  });

  test('the slider covers the hottest pixels: the dot lies on the curve, which falls faster than at random', async () => {
    const { page } = visited;
    await page.click('.side-A');
    await page.fill('#cover-percent', '15');
    await expect.poll(() => says('A')).toBeLessThan(50);
    await page.waitForFunction(() =>
      /at random 0\.\d+/.test(document.querySelector('.curve .hint')?.textContent ?? ''),
    );
    const [own, random] = String(await page.textContent('.curve .hint')).match(/0\.\d+/g) ?? [];
    expect(Number(own)).toBeLessThan(Number(random) / 2);
    const [dot, points] = await page.evaluate(() => {
      const { top, height } = document.querySelector('.curve svg')?.getBoundingClientRect() ?? new DOMRect();
      const { y, height: size } = document.querySelector('.dot')?.getBoundingClientRect() ?? new DOMRect();
      const path = document.querySelector('.curve .own')?.getAttribute('d') ?? '';
      return [
        (y + size / 2 - top) / height,
        path
          .split(/[ML]/)
          .slice(1)
          .map((point) => point.trim().split(' ').map(Number)),
      ];
    });
    expect(points.length).toBe(101);
    expect(Math.abs(dot - points[15][1] / 74)).toBeLessThan(0.02);
    await page.selectOption('#direction', 'insertion');
    await expect
      .poll(() => page.textContent('.curve .hint'), { timeout: 15_000 })
      .toMatch(/^Insertion curve, area 0\.\d+/);
    await page.click('#reset-cover');
  });

  test('the crosshair is on all tiles, and reads the map', async () => {
    const { page } = visited;
    await page.getByRole('button', { name: 'Look: point' }).click();
    const { x, y, width, height } = (await page.locator('.surface').boundingBox()) ?? {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
    };
    await page.mouse.move(x + 0.5 * width, y + 0.3 * height);
    expect(await page.locator('.crosshair').count()).toBe(5);
    expect(await page.textContent('#read-out')).toMatch(/^saliency [01]\.\d\d · raw -?[\d.e-]+ · cell 8,4$/);
    await page.locator('.surface').focus();
    await page.keyboard.press('Shift+ArrowRight');
    expect(await page.textContent('#read-out')).toMatch(/cell 9,4$/);
  });

  test('wheel and keys zoom; what is under the pointer stays there', async () => {
    const { page } = visited;
    await page.getByRole('button', { name: 'Zoom: wheel' }).click();
    const box = (await page.locator('.stage figure').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + 0.28 * box.width, box.y + 0.72 * box.height);
    const before = await page.textContent('#read-out');
    await page.mouse.wheel(0, -400);
    await page.mouse.move(box.x + 0.28 * box.width, box.y + 0.72 * box.height);
    await expect.poll(() => page.locator('.tools').textContent()).toMatch(/2\.4 × · whole picture/);
    expect(await page.textContent('#read-out')).toBe(before);
    await page.getByRole('button', { name: /whole picture/ }).click();
    await expect.poll(() => page.locator('.tools').textContent()).not.toContain('whole picture');
  });

  test('a method of many passes shows how far it is, stops, and goes on when asked', async () => {
    const { page } = visited;
    await chooseMethods(page, ['grad-cam', 'recipro-cam', 'score-cam'], false);
    // Another picture while they run: its fast map is there before the slow ones.
    await page.click('[aria-label="stacked-0.png"]');
    await page.waitForSelector('[data-method="grad-cam"][data-state="done"]');
    await page.waitForSelector('[data-state="running"] progress');
    const running = page.locator('[data-state="running"]:has(progress)');
    expect(await running.locator('.state').textContent()).toMatch(/^\d+ \/ \d+ passes/);
    const method = await running.getAttribute('data-method');
    await page.getByRole('button', { name: /^Stop / }).click();
    await page.waitForSelector(`[data-method="${method}"][data-state="stopped"]`);
    await page.locator(`[data-method="${method}"] .act`).click();
    await settled(page);
    expect(await page.getAttribute(`[data-method="${method}"]`, 'data-state')).toBe('done');
    expect(await page.locator('.tile[data-state="done"]').count()).toBe(3);
  });
});
