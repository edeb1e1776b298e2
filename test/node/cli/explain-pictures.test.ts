import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { runProgram } from '../fake.js';
import { explain, folder, out, picture, summary, tensor, written } from './explain-case.js';

test('overlays as JPEG and WebP, a file of each requested format', async () => {
  const { out: text } = await explain(['--format', 'jpeg,webp', await picture('a.png')]);
  expect(written()).toEqual(['a.mi-cam.jpg', 'a.mi-cam.webp', 'summary.json']);
  expect(text).toContain(': 2 overlays, summary.json.');
  for (const format of ['jpeg', 'webp'] as const) {
    const header = await sharp(join(out, `a.mi-cam.${format.replace('jpeg', 'jpg')}`)).metadata();
    expect([header.format, header.width, header.height]).toEqual([format, 20, 10]);
  }
  // Where JPEG has no transparency, heat alone lies on white.
  await explain(['--format', 'jpg,png,json', '--heat-only', join(folder, 'a.png')]);
  const corner = async (name: string) =>
    [...(await sharp(join(out, name)).raw().toBuffer()).subarray(0, 3)].map((v) => v > 200);
  expect(await corner('a.mi-cam.jpg')).toEqual([true, true, true]);
  expect((await sharp(join(out, 'a.mi-cam.png')).metadata()).hasAlpha).toBe(true);
});

test('a poster: one for each picture, with all classes and methods, named with each of its results', async () => {
  const path = await picture('deep/a.png');
  await explain(['--method', 'grad,mi-cam', '--target', '0', '--target', '2', '--format', 'poster', folder]);
  expect(written()).toEqual(['deep', join('deep', 'a.poster.png'), 'summary.json']);
  expect(summary()).toMatchObject(Array(4).fill({ input: path, outputs: ['deep/a.poster.png'] }));
  const { width, format } = await sharp(join(out, 'deep', 'a.poster.png')).metadata();
  expect([width, format]).toEqual([1200, 'png']);
  const { out: text } = await explain(['--method', 'grad,mi-cam', '--format', 'png,poster', folder]);
  expect(text).toContain(': 2 overlays, 1 poster, summary.json.');
});

test('posters of tensors are numbered, and results that lie among the inputs are no inputs', async () => {
  const path = tensor('x.npy', [2, 3, 8, 8]);
  for (let i = 0; i < 2; i++) {
    const { code } = await runProgram([
      'explain',
      '--model',
      'birds',
      '--format',
      'poster',
      '--out',
      folder,
      folder,
    ]);
    expect(code).toBe(0);
  }
  const results = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
  expect(results).toMatchObject([
    { input: path, image: 0, outputs: ['x.0.poster.png'] },
    { input: path, image: 1, outputs: ['x.1.poster.png'] },
  ]);
});

test('a picture that is too long for WebP is a failure that says what to do', async () => {
  const { code, err } = await explain(['--format', 'webp', await picture('long.png', 16400, 1)]);
  expect(code).toBe(1);
  expect(err).toContain('webp: expected at most 16383 pixels a side, got 16400 × 1. Take --format png.');
});
