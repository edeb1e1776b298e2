import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../fake.js';
import { explain, folder, out, picture, summary, tensor, written } from './explain-case.js';

const put = (name: string, text: string): string => {
  const path = join(out, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
};

/** Expects that a run is refused because of these files, and writes nothing. */
async function expectRefused(args: readonly string[], ...names: readonly string[]): Promise<void> {
  const before = readdirSync(out, { recursive: true }).sort();
  const { code, err, opened } = await explain(args);
  expect([code, opened]).toEqual([2, undefined]);
  const files = names.length === 1 ? '1 file' : `${names.length} files`;
  const listed = names.map((name) => `"${name}"`).join(', ');
  expect(err).toContain(
    `onnx-cam: --out: "${out}" holds ${files} that onnx-cam did not write, or that changed since, under names of its results: ${listed}. ` +
      'Choose another folder with --out, or replace them with --force.\n',
  );
  expect(readdirSync(out, { recursive: true }).sort()).toEqual(before);
}

describe('files of the user', () => {
  test('a picture of a result’s name in one folder that is also --out, the input beside it', async () => {
    await picture('a.png');
    const own = await picture('a.mi-cam.png');
    const before = readFileSync(own);
    const { code, err } = await runProgram(['explain', '--model', 'birds', '--out', folder, folder]);
    expect([code, readFileSync(own).equals(before)]).toEqual([2, true]);
    expect(err).toContain('holds 1 file that onnx-cam did not write');
    expect(err).toContain('"a.mi-cam.png"');
    expect(readdirSync(folder).sort()).toEqual(['a.mi-cam.png', 'a.png']);
  });

  test.each([
    ['summary.json', []],
    ['index.html', ['--format', 'html']],
    ['index.jsonl', ['--pack', '2']],
    ['part-00000.mi-cam.npy', ['--pack', '2']],
    ['a.mi-cam.npy', ['--format', 'npy']],
    ['a.poster.png', ['--format', 'poster', '--pack', '2']],
    ['a.mi-cam.webp', ['--format', 'webp']],
    ['a.mi-cam.raw.npy', ['--raw']],
    ['a.mi-cam.weights.npy', ['--weights']],
    ['a.grad.class12.png', ['--method', 'grad', '--target', '1', '--target', '2']],
    ['a.mi-cam.features_2.raw.npy', ['--raw', '--layer', 'features/1,features/2']],
    ['summary.2-of-2.json', ['--shard', '2/2']],
  ])('%s is refused before the first write, and stays', async (name, options) => {
    const path = put(name, 'mine');
    const input = await picture('a.png');
    await expectRefused([...options, input], name);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('in mirrored folders, a few are named', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `deep/${i}.mi-cam.png`);
    for (const name of names) put(name, 'mine');
    for (let i = 0; i < 6; i++) await picture(`pics/deep/${i}.png`);
    const { code, err } = await explain([join(folder, 'pics')]);
    expect(code).toBe(2);
    expect(err).toContain('holds 6 files');
    expect(err).toContain(
      '"deep/0.mi-cam.png", "deep/1.mi-cam.png", "deep/2.mi-cam.png", "deep/3.mi-cam.png" and 2 more.',
    );
  });

  test.each([
    'a.mi-cam.npy',
    'a.mi-cam.raw.npy',
    'a.grad.png',
    'a.mi-cam.class1.png',
    'b.mi-cam.png',
    'index.html',
    'part-00000.mi-cam.npy',
  ])('%s does not matter where it is not written', async (name) => {
    put(name, 'mine');
    expect((await explain([await picture('a.png')])).code).toBe(0);
    expect(readFileSync(join(out, name), 'utf8')).toBe('mine');
  });

  test('--force replaces them, and from then on they are ours', async () => {
    put('a.mi-cam.png', 'mine');
    put('summary.json', 'mine');
    const input = await picture('a.png');
    expect((await explain(['--force', input])).code).toBe(0);
    expect(summary()).toHaveLength(1);
    expect((await explain([input])).code).toBe(0);
  });

  test('a half-written name of another program is left alone', async () => {
    const path = put('a.mi-cam.png.partial', 'mine');
    expect((await explain([await picture('a.png')])).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('a link is not ours, even to a result', async () => {
    const input = await picture('a.png');
    await explain([input]);
    const { symlinkSync, renameSync } = await import('node:fs');
    renameSync(join(out, 'a.mi-cam.png'), join(out, 'kept.png'));
    symlinkSync('kept.png', join(out, 'a.mi-cam.png'));
    await expectRefused([input], 'a.mi-cam.png');
  });
});

describe('files of an earlier run', () => {
  const everything = ['--format', 'png,npy,html', '--raw', '--weights', '--method', 'all'];

  test('are replaced, by the same command and by others', async () => {
    const inputs = [await picture('a.png'), tensor('t.npy', [3, 3, 8, 8])];
    for (const options of [
      [],
      everything,
      everything,
      ['--pack', '2'],
      ['--pack', '2'],
      ['--shard', '1/2'],
      [],
    ])
      expect(await explain([...options, ...inputs])).toMatchObject({ code: 0 });
  });

  test('count as the user’s after a change', async () => {
    const input = await picture('a.png');
    await explain([...everything, input]);
    appendFileSync(join(out, 'a.mi-cam.npy'), 'x');
    writeFileSync(join(out, 'summary.json'), '[]');
    await expectRefused([...everything, input], 'a.mi-cam.npy', 'summary.json');
  });

  test('a large one too, where a single byte in its first block is another', async () => {
    const input = tensor('t.npy', [600, 3, 8, 8]);
    expect((await explain(['--format', 'npy', input])).code).toBe(0);
    const path = join(out, 't.mi-cam.npy');
    const bytes = readFileSync(path);
    expect(bytes.length).toBeGreaterThan(2 ** 16);
    bytes[200] ^= 1;
    writeFileSync(path, bytes);
    await expectRefused(['--format', 'npy', input], 't.mi-cam.npy');
  });

  test('stay ours where the folder was copied and times changed', async () => {
    const input = await picture('a.png');
    await explain(['--raw', input]);
    for (const name of written()) writeFileSync(join(out, name), readFileSync(join(out, name)));
    expect((await explain(['--raw', input])).code).toBe(0);
  });

  test('an entry that a full disk cut short damages no other entry', async () => {
    const input = await picture('a.png');
    await explain([input]);
    const note = join(out, '.onnx-cam.files');
    const [, first, ...rest] = readFileSync(note, 'utf8').split('\n');
    writeFileSync(note, [first, rest[0].slice(0, 9), ...rest].join('\n'));
    expect((await explain([input])).code).toBe(0);
  });

  test('the list stays short however often the command is repeated', async () => {
    const input = await picture('a.png');
    for (let i = 0; i < 12; i++) await explain(['--raw', input]);
    const lines = readFileSync(join(out, '.onnx-cam.files'), 'utf8').trim().split('\n');
    expect(lines.length).toBeLessThan(40);
  });

  test('without the list no file counts as ours', async () => {
    const input = await picture('a.png');
    await explain([input]);
    rmSync(join(out, '.onnx-cam.files'));
    await expectRefused([input], 'a.mi-cam.png', 'summary.json');
    expect(existsSync(join(out, 'summary.json'))).toBe(true);
  });
});

test('inputs of one name: the later ones’ results have names of their own, whichever the share', async () => {
  const inputs = [await picture('x/a.png'), await picture('x/a.jpg'), await picture('y/a.png')];
  const { code, err } = await explain([...inputs, '--format', 'png,html']);
  expect(code).toBe(0);
  expect(err).toContain(
    `2 inputs would write files with the names of another's results; these get names of their own: ${inputs[1]} as a.jpg.*, ${inputs[2]} as a.png.*.`,
  );
  const names = ['a.jpg.mi-cam.png', 'a.mi-cam.png', 'a.png.mi-cam.png'];
  expect(written()).toEqual([...names, 'index.html', 'summary.json']);
  expect(summary()).toMatchObject([
    { input: inputs[0], outputs: ['a.mi-cam.png'] },
    { input: inputs[1], outputs: ['a.jpg.mi-cam.png'] },
    { input: inputs[2], outputs: ['a.png.mi-cam.png'] },
  ]);
  expect(
    readFileSync(join(out, 'index.html'), 'utf8')
      .match(/<h2[^>]*>[^<]*/g)
      ?.map((h) => h.replace(/.*>/, '')),
  ).toEqual(['a.png', 'a.jpg', 'a.png']);
  rmSync(out, { recursive: true });
  for (const shard of ['1/3', '2/3', '3/3'])
    expect((await explain([...inputs, '--shard', shard])).code).toBe(0);
  expect(written().filter((name) => name.endsWith('.png'))).toEqual(names);
});
