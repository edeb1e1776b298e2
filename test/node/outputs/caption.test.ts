import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { captioned } from '../../../src/node/outputs/caption.js';
import type { Picture } from '../../../src/types.js';
import { explain, out, picture } from '../cli/explain-case.js';

const plain = (width: number, height: number, level = 40): Picture => ({
  data: new Uint8ClampedArray(4 * width * height).map((_, i) => (i % 4 === 3 ? 255 : level)),
  width,
  height,
});

/** The box of the pixels that differ, `[left, top, right, bottom]`, right and bottom exclusive. */
function changed(before: Picture, after: Picture): number[] | undefined {
  const at = [...after.data.keys()].filter((i) => before.data[i] !== after.data[i]).map((i) => i >> 2);
  if (at.length === 0) return undefined;
  const columns = at.map((p) => p % before.width);
  const rows = at.map((p) => Math.floor(p / before.width));
  const least = (list: number[]) => list.reduce((a, b) => Math.min(a, b));
  const most = (list: number[]) => list.reduce((a, b) => Math.max(a, b));
  return [least(columns), least(rows), most(columns) + 1, most(rows) + 1];
}

test.each([
  [100, 100],
  [224, 224],
  [1200, 300],
  [300, 1200],
])('the plate lies in the lower left corner, dark letters on light, %i × %i', async (width, height) => {
  const before = plain(width, height);
  const after = await captioned(before);
  expect([after.width, after.height]).toEqual([width, height]);
  const [left, top, right, bottom] = changed(before, after) ?? [];
  expect([left, bottom]).toEqual([0, height]);
  expect(right).toBeLessThanOrEqual(width);
  expect(height - top).toBeGreaterThanOrEqual(12);
  expect(height - top).toBeLessThanOrEqual(68);
  const levels = new Set<number>();
  for (let x = 0; x < right; x++) levels.add(after.data[4 * ((height - ((height - top) >> 1)) * width + x)]);
  expect(Math.min(...levels)).toBeLessThan(80);
  expect(Math.max(...levels)).toBeGreaterThan(220);
});

test('a picture too small for letters stays unchanged', async () => {
  for (const small of [plain(40, 200), plain(400, 10)]) expect(await captioned(small)).toBe(small);
});

test('overlays of class-agnostic methods carry it, the others do not; --no-caption and --heat-only leave it out', async () => {
  const path = await picture('a.png', 200, 100);
  const corner = async (method: string, ...args: string[]) => {
    await explain([path, '--method', 'mi-cam,grad', '--force', ...args]);
    const { data, info } = await sharp(join(out, `a.${method}.png`))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixel = info.channels * (98 * info.width + 2);
    return Math.min(...data.subarray(pixel, pixel + 3));
  };
  expect(await corner('mi-cam')).toBeGreaterThan(200);
  expect(await corner('grad')).toBeLessThan(200);
  expect(await corner('mi-cam', '--no-caption')).toBeLessThan(200);
  expect(await corner('mi-cam', '--heat-only')).toBeLessThan(200);
});
