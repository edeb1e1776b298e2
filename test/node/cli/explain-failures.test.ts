import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CamError } from '../../../src/errors.js';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { runProgram } from '../fake.js';
import { broken, explain, folder, out, picture, summary, tensor, written } from './explain-case.js';

describe('bad inputs never stop the rest', () => {
  test('each is named in the summary and on stderr, the others are done, the exit code is 1', async () => {
    const good = await picture('good.png');
    const bad = broken('bad.png');
    const missing = join(folder, 'missing.png');
    const text = broken('letter.doc');
    mkdirSync(join(folder, 'empty'));
    const flat = tensor('flat.npy', [8, 8]);
    const last = await picture('last.jpg');
    const { code, err } = await explain([bad, good, missing, text, join(folder, 'empty'), flat, last]);
    expect(code).toBe(1);
    const kinds = '.jpg .jpeg .png .webp .tif .tiff .gif .avif .npy';
    const errors = [
      `${bad}: expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF): Input buffer contains unsupported image format.`,
      `${missing}: could not be read: no such file or folder (ENOENT).`,
      `${text}: expected a picture, a tensor or an archive (${kinds} .zip .tar), got ".doc".`,
      `${join(folder, 'empty')}: expected pictures or tensors (${kinds}), got none.`,
      `${flat}: expected shape [n, C, H, W] or [C, H, W] (C channels, as many as the model takes), got [8, 8].`,
    ];
    expect(summary()).toEqual([
      { input: bad, error: errors[0] },
      expect.objectContaining({ input: good, method: 'mi-cam' }),
      { input: missing, error: errors[1] },
      { input: text, error: errors[2] },
      { input: join(folder, 'empty'), error: errors[3] },
      { input: flat, error: errors[4] },
      expect.objectContaining({ input: last, method: 'mi-cam' }),
    ]);
    for (const error of errors) expect(err).toContain(`onnx-cam: failed: ${error}\n`);
  });

  test('one image of a batch: found by trying each alone; its rows are NaN', async () => {
    const path = tensor('x.npy', [3, 3, 8, 8], (i) => (i === 192 ? Number.NaN : 0));
    const { code, err, explainer } = await explain(['--format', 'npy', path]);
    expect(code).toBe(1);
    expect(explainer?.batches).toEqual([3, 1, 1, 1]);
    const { data, shape } = await readNpy(join(out, 'x.mi-cam.npy'));
    expect(shape).toEqual([3, 8, 8]);
    expect(data.slice(64, 128).every(Number.isNaN)).toBe(true);
    expect([data[63], data[191]]).toEqual([1, 1]);
    const text = `${path}, image 1: tensor: 1 of 192 values are not finite, first at [0, 0, 0] (NaN).`;
    expect(summary()).toMatchObject([{ image: 0 }, { input: path, image: 1, error: text }, { image: 2 }]);
    expect(err).toContain(`onnx-cam: failed: ${text}\n`);
  });

  test('an unexpected error concerns one image too', async () => {
    const { code } = await explain(['--batch', '1', await picture('a.png', 7), await picture('b.png')], {
      onImage: (image) => {
        if ('width' in image && image.width === 7) throw new TypeError('session lost its head');
      },
    });
    expect(code).toBe(1);
    expect(summary()).toMatchObject([
      { error: `${join(folder, 'a.png')}: unexpected error: TypeError: session lost its head` },
      { method: 'mi-cam' },
    ]);
  });

  test('a model that runs on no image is a model error, 2', async () => {
    const { code } = await explain([await picture('a.png'), await picture('b.png')], {
      onImage: () => {
        throw new CamError('model', 'the model stops at node "Conv_3".');
      },
    });
    expect(code).toBe(2);
    expect(summary()).toMatchObject([{ error: expect.any(String) }, { error: expect.any(String) }]);
  });

  test('a lost device ends the run with 2', async () => {
    const { code, err } = await explain([await picture('a.png')], {
      onImage: () => {
        throw new CamError('gpu', 'the device was lost.');
      },
    });
    expect([code, err.endsWith('onnx-cam: the device was lost.\n')]).toEqual([2, true]);
    expect(summary()).toEqual([]);
  });
});

describe('names and folders', () => {
  test('an output folder that cannot be written is refused before the model is opened', async () => {
    // Below a file: refused to root as well.
    const blocked = join(broken('file'), 'out');
    const { code, err, opened } = await runProgram([
      'explain',
      '--model',
      'birds',
      '--out',
      blocked,
      await picture('a.png'),
    ]);
    expect([code, opened]).toEqual([2, undefined]);
    expect(err).toBe(
      `onnx-cam: --out: expected a folder that can be written, got "${blocked}": ` +
        'a part of the path is a file, not a folder (ENOTDIR). Choose another with --out.\n',
    );
  });

  test.skipIf(!existsSync('/proc/self'))(
    'a folder where the system refuses any new one: /proc, where recursive mkdir never ends',
    async () => {
      const { code, err } = await runProgram([
        'explain',
        '--model',
        'birds',
        '--out',
        '/proc/a/b',
        await picture('a.png'),
      ]);
      expect(code).toBe(2);
      expect(err).toBe(
        'onnx-cam: --out: expected a folder that can be written, got "/proc/a/b": ' +
          'no such file or folder (ENOENT). Choose another with --out.\n',
      );
    },
  );

  test('an array that cannot get its name fails its own input, not the next, and is not listed', async () => {
    // Seen only when the input is closed: the temporary file is written without trouble.
    mkdirSync(join(out, 'b.mi-cam.npy'), { recursive: true });
    const b = tensor('b.npy', [2, 3, 8, 8]);
    const {
      code,
      err,
      out: text,
    } = await explain([
      '--format',
      'npy',
      '--raw',
      '--weights',
      await picture('a.png'),
      b,
      await picture('c.png'),
    ]);
    expect(code).toBe(1);
    const error = `${join(out, 'b.mi-cam.npy')}: could not be written: a folder (EISDIR).`;
    expect(err).toContain(`onnx-cam: failed: ${b}: ${error}\n`);
    expect(err.match(/failed:/g)).toHaveLength(1);
    expect(summary()).toMatchObject([
      { input: join(folder, 'a.png'), outputs: ['a.mi-cam.npy', 'a.mi-cam.raw.npy', 'a.mi-cam.weights.npy'] },
      { input: b, error: `${b}: ${error}` },
      { input: join(folder, 'c.png'), method: 'mi-cam' },
    ]);
    expect(written().filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(written()).toContain('c.mi-cam.weights.npy');
    expect(text).toContain('2 of 4 pictures explained, 1 failed');
    expect(text).toContain(': 6 arrays, summary.json.');
  });

  test('a result that cannot be written fails its input alone, and leaves nothing half written', async () => {
    mkdirSync(join(out, 'a.mi-cam.png'), { recursive: true });
    const { code, err } = await explain([await picture('a.png'), await picture('b.png')]);
    expect(code).toBe(1);
    expect(err).toContain(`${join(out, 'a.mi-cam.png')}: could not be written: `);
    expect(written()).toEqual(['a.mi-cam.png', 'b.mi-cam.png', 'summary.json']);
    expect(summary()).toMatchObject([{ error: expect.any(String) }, { method: 'mi-cam' }]);
  });
});

test('Ctrl-C finishes the current pictures and exits with 130; --resume does the rest and nothing twice', async () => {
  let press = (): void => undefined;
  const pictures = await Promise.all(Array.from({ length: 9 }, (_, i) => picture(`${i}.png`)));
  const args = ['--batch', '1', '--format', 'npy', ...pictures];
  const first = await explain(args, {
    onImage: () => press(),
    onInterrupt: (stop) => {
      press = stop;
      return () => undefined;
    },
  });
  expect(first.code).toBe(130);
  expect(first.err).toContain(
    'onnx-cam: stopping after the current pictures, in half a second at the latest; press Ctrl-C again to quit at once.\n',
  );
  expect(first.err).toContain('onnx-cam: stopped: --resume with the same command goes on from here.\n');
  expect(first.explainer?.disposed).toBe(true);
  const done = summary().length;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(9);
  expect(written().filter((name) => name.endsWith('.npy'))).toHaveLength(done);

  const second = await explain([...args, '--resume']);
  expect([second.code, second.explainer?.batches.length]).toEqual([0, 9 - done]);
  expect(summary()).toMatchObject(pictures.map((input) => ({ input, method: 'mi-cam' })));
  expect(second.out).toContain('9 of 9 pictures explained');

  const third = await explain([...args, '--resume']);
  expect([third.code, third.explainer?.batches.length]).toEqual([0, 0]);
});

test('large pictures are explained in smaller batches, so that memory stays bounded', async () => {
  const { explainer } = await explain([
    '--format',
    'json',
    await picture('a.png', 3000, 3000),
    await picture('b.png', 3000, 3000),
    await picture('c.png'),
  ]);
  expect(explainer?.batches).toEqual([1, 2]);
});

test('tensors of different sizes and pictures go to one call: the explainer makes batches of one size', async () => {
  const { explainer } = await explain([
    '--format',
    'json',
    tensor('a.npy', [2, 3, 8, 8]),
    tensor('b.npy', [3, 9, 9]),
    await picture('c.png'),
    await picture('d.png'),
  ]);
  expect(explainer?.batches).toEqual([5]);
});
