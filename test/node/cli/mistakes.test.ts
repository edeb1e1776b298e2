import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../fake.js';
import { explain, folder, picture } from './explain-case.js';

const HEIC =
  'expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF), got HEIC, as phones write it. Convert it to JPEG first.';

test('HEIC is named, by its ending and by its first bytes', async () => {
  const bytes = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
  for (const name of ['a.heic', 'b.HEIF', 'c.jpg']) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const { code, err } = await explain([path]);
    expect(code).not.toBe(0);
    expect(err).toContain(`onnx-cam: failed: ${path}: ${HEIC}\n`);
  }
});

test('a URL in place of a picture or a model', async () => {
  const { code, err } = await explain(['https://example.org/cat.jpg']);
  expect([code, err]).toEqual([
    1,
    'onnx-cam: failed: https://example.org/cat.jpg: expected a file, got a URL. Download the picture first.\n',
  ]);
});

test('a file in place of the command', async () => {
  for (const name of ['m.onnx', 'photo.JPG']) {
    const { code, err } = await runProgram([name, 'a.png']);
    expect([code, err]).toEqual([
      2,
      `onnx-cam: expected a command, got the file ${name}. Type "onnx-cam explain model.onnx photo.jpg".\n`,
    ]);
  }
});

test('where no input could be read, there is no notice about settings', async () => {
  const none = await explain([join(folder, 'none.png')]);
  expect(none.out).not.toContain('Settings');
  expect(none.out).not.toContain('labels from');
  const path = await picture('a.png');
  copyFileSync(path, join(folder, 'b.png'));
  expect((await explain([path])).code).toBe(0);
});
