import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Outcome } from '../fake.js';
import { tarOf } from '../inputs/archive-case.js';
import { explain, folder, out, picture, summary, tensor, written } from './explain-case.js';

interface Run extends Outcome {
  /** How many images the model was run on. */
  readonly images: number;
}

const ONE = ['--batch', '1', '--format', 'npy'];

async function run(args: readonly string[], stopAfter = Number.POSITIVE_INFINITY): Promise<Run> {
  let images = 0;
  let stop = (): void => undefined;
  const outcome = await explain([...ONE, ...args], {
    onImage: () => {
      if (++images === stopAfter) stop();
    },
    onInterrupt: (interrupt) => {
      stop = interrupt;
      return () => undefined;
    },
  });
  return { ...outcome, images };
}

const inputs = (): unknown[] => (summary() as { input: string }[]).map(({ input }) => basename(input));

/** Pictures `a`, `b`, … in a folder of their own. */
async function pictures(...names: string[]): Promise<string> {
  for (const name of names) await picture(`pictures/${name}.png`);
  return join(folder, 'pictures');
}

test('changed pictures are explained again, and the report says how many', async () => {
  const all = await pictures('a', 'b', 'c', 'd', 'e', 'f');
  const first = await run([all], 3);
  expect(first.code).toBe(130);
  expect(first.images).toBeLessThan(6);
  await picture('pictures/b.png', 30, 30);
  const second = await run([all, '--resume']);
  expect(second.code).toBe(0);
  expect(first.images + second.images).toBe(6 + 1);
  expect(second.err).toContain('onnx-cam: 1 picture changed since and is explained again.\n');
  expect(second.out).toContain('6 of 6 pictures explained, 1 of them again because it changed, in ');
  expect(inputs()).toEqual(['a.png', 'b.png', 'c.png', 'd.png', 'e.png', 'f.png']);
  // With --resume the journal stays: nothing is left to do.
  const third = await run([all, '--resume']);
  expect([third.images, third.out]).toEqual([0, expect.stringContaining('6 of 6 pictures explained in ')]);
});

test('added pictures are explained, removed ones are left out; packed rows move to their new positions', async () => {
  const all = await pictures('a', 'c', 'e', 'f');
  const packed = [all, '--pack', '2', '--resume'];
  expect((await run(packed)).images).toBe(4);
  await pictures('b');
  rmSync(join(all, 'f.png'));
  const second = await run(packed);
  expect(second.code).toBe(0);
  // Part 0 is a, b; part 1 is c, e: a alone stays where it was.
  expect(second.images).toBe(3);
  expect(second.err).toContain('onnx-cam: 1 picture of the earlier run is no longer among the inputs.\n');
  expect(second.err).toContain(
    '2 pictures whose class or place in the results changed are explained again.\n',
  );
  expect(inputs()).toEqual(['a.png', 'b.png', 'c.png', 'e.png']);
  expect((await run(packed)).images).toBe(0);

  const loose = [all, '--resume', '--out', join(folder, 'loose')];
  expect((await run(loose)).images).toBe(4);
  await pictures('d');
  rmSync(join(all, 'a.png'));
  expect((await run(loose)).images).toBe(1);
});

test.each([
  ['the labels', 'labels.txt', 'one\ntwo\nthree\n'],
  ['the preprocessing', 'pre.json', JSON.stringify({ size: [8, 8], mean: [0, 0, 0], std: [1, 1, 1] })],
  ['the model', 'model.onnx', 'other bytes'],
])('%s changed: everything is explained again, and the report says so', async (what, name, text) => {
  const all = await pictures('a', 'b', 'c');
  writeFileSync(join(folder, 'model.onnx'), 'bytes');
  writeFileSync(join(folder, 'labels.txt'), 'tench\ngoldfish\ngreat white shark\n');
  writeFileSync(
    join(folder, 'pre.json'),
    JSON.stringify({ size: [8, 8], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }),
  );
  const args = [
    ...['--model', join(folder, 'model.onnx'), '--labels', join(folder, 'labels.txt')],
    ...['--preprocess', join(folder, 'pre.json'), '--resume', all],
  ];
  expect((await run(args)).code).toBe(0);
  expect((await run(args)).images).toBe(0);
  writeFileSync(join(folder, name), text);
  const again = await run(args);
  expect([again.code, again.images]).toEqual([0, 3]);
  expect(again.err).toContain(`onnx-cam: ${what} changed since: everything is explained again.\n`);
  expect(again.out).toContain(`3 of 3 pictures explained, all of them again because ${what} changed, in `);
});

test('other options are another run: refused, whatever they are', async () => {
  const all = await pictures('a', 'b');
  expect((await run([all, '--resume'])).code).toBe(0);
  for (const more of [
    ['--target', '2'],
    ['--method', 'grad'],
    ['--raw'],
    ['--pack', '2'],
    ['--score', 'probability'],
  ]) {
    expect(await run([all, '--resume', ...more])).toMatchObject({
      code: 2,
      images: 0,
      err: expect.stringContaining(
        `onnx-cam: --resume: ${join(out, '.onnx-cam.jsonl')} holds a run with other options. ` +
          'Give the same command, choose another --out, or start over without --resume.',
      ),
    });
  }
  // Threads change nothing but the speed; and a folder may have been moved.
  expect((await run([all, '--resume', '--threads', '2'])).code).toBe(0);
  const moved = join(folder, 'moved');
  renameSync(out, moved);
  expect(await run([all, '--resume', '--out', moved])).toMatchObject({ code: 0, images: 0 });
});

test('a journal of another version is refused, one with a truncated heading is started again', async () => {
  const all = await pictures('a');
  mkdirSync(out);
  const journal = join(out, '.onnx-cam.jsonl');
  writeFileSync(
    journal,
    `${JSON.stringify({ version: 1, run: { model: 'x', options: 'y', inputs: 'z' } })}\n`,
  );
  expect((await run([all, '--resume'])).err).toContain(
    `--resume: ${journal} holds a run of another version of onnx-cam.`,
  );
  writeFileSync(journal, '{"version": 2, "ru');
  expect(await run([all, '--resume'])).toMatchObject({ code: 0, images: 1 });
});

test('one class per image: an image whose class changed is explained again', async () => {
  const all = await pictures('a', 'b', 'c');
  const classes = (list: string) => run([all, '--method', 'grad', '--resume', '--target', list]);
  expect((await classes('0,1,2')).images).toBe(3);
  expect((await classes('0,2,2')).images).toBe(1);
  expect((summary() as { target: number }[]).map(({ target }) => target)).toEqual([0, 2, 2]);
});

test('tensors and entries of archives: their files are checked', async () => {
  const batch = tensor('batch.npy', [3, 3, 8, 8]);
  const archive = join(folder, 'some.tar');
  const entry = readFileSync(await picture('x.png'));
  writeFileSync(
    archive,
    await tarOf([
      { name: 'one.png', data: entry },
      { name: 'two.png', data: entry },
    ]),
  );
  const args = [batch, archive, '--resume'];
  expect((await run(args)).images).toBe(5);
  expect((await run(args)).images).toBe(0);
  tensor('batch.npy', [3, 3, 8, 8], (i) => 2 * i);
  expect((await run(args)).images).toBe(3);
  const other = readFileSync(await picture('y.png', 5, 5));
  writeFileSync(
    archive,
    await tarOf([
      { name: 'one.png', data: other },
      { name: 'two.png', data: entry },
    ]),
  );
  const changed = await run(args);
  expect([changed.images, changed.out]).toEqual([
    2,
    expect.stringContaining('2 of them again because they changed'),
  ]);
});

test('results that could not be written are written again', async () => {
  const all = await pictures('a', 'b', 'c');
  // A folder where the array of b is to go.
  mkdirSync(join(out, 'b.mi-cam.npy', 'x'), { recursive: true });
  expect(await run([all, '--resume'])).toMatchObject({ code: 1, images: 3 });
  rmSync(join(out, 'b.mi-cam.npy'), { recursive: true });
  const again = await run([all, '--resume']);
  expect([again.code, again.images]).toEqual([0, 1]);
  expect(again.out).toContain(
    '3 of 3 pictures explained, 1 of them again because its results were missing, in ',
  );
});

test('arrays that could not be renamed, or are gone, are written again', async () => {
  const all = await pictures('a', 'b', 'c', 'd');
  const packed = [all, '--pack', '2', '--resume'];
  const part = join(out, 'part-00001.mi-cam.npy');
  mkdirSync(join(part, 'x'), { recursive: true });
  expect(await run(packed)).toMatchObject({ code: 1, images: 4, err: expect.stringContaining('a folder') });
  rmSync(part, { recursive: true });
  expect(await run(packed)).toMatchObject({ code: 0, images: 2 });
  rmSync(join(out, 'part-00000.mi-cam.npy'));
  expect(await run(packed)).toMatchObject({
    code: 0,
    images: 2,
    err: expect.stringContaining(
      '2 pictures without results (they could not be written, or are gone) are explained again.',
    ),
  });
  expect(existsSync(join(out, 'part-00000.mi-cam.npy'))).toBe(true);
  expect(written().filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('files of single pictures that are gone are written again, with --force also over files of others', async () => {
  const all = await pictures('a', 'b', 'c');
  const command = [all, '--resume'];
  expect((await run(command)).images).toBe(3);
  const path = (name: string): string => join(out, `${name}.mi-cam.npy`);
  const whole = readFileSync(path('b'));
  rmSync(path('b'));
  const again = await run(command);
  expect([again.code, again.images]).toEqual([0, 1]);
  expect(again.out).toContain('1 of them again because its results were missing');
  expect(readFileSync(path('b'))).toEqual(whole);

  writeFileSync(path('c'), 'other');
  expect((await run(command)).code).toBe(2);
  expect(readFileSync(path('c'), 'utf8')).toBe('other');
  const forced = await run([...command, '--force']);
  expect([forced.code, forced.images]).toEqual([0, 1]);
  expect(readFileSync(path('c')).subarray(0, 6).toString('latin1')).toBe('\x93NUMPY');
});

test('an array that others changed is written again with --force, all its rows', async () => {
  const all = await pictures('a', 'b', 'c');
  const packed = [all, '--pack', '2', '--resume'];
  expect((await run(packed)).images).toBe(3);
  const part = join(out, 'part-00000.mi-cam.npy');
  const whole = readFileSync(part);
  writeFileSync(part, whole.subarray(0, whole.length - 8));
  expect((await run(packed)).code).toBe(2);
  const forced = await run([...packed, '--force']);
  expect([forced.code, forced.images]).toEqual([0, 2]);
  expect(readFileSync(part)).toEqual(whole);
});

test('a wrong command leaves nothing that blocks the corrected one', async () => {
  const all = await pictures('a', 'b', 'c', 'd', 'e', 'f');
  const wrong = await run([all, '--target', '7']);
  expect([wrong.code, wrong.err]).toEqual([
    2,
    expect.stringContaining('expected a class from 0 to 2, got 7'),
  ]);
  expect(written()).toEqual([]);
  const right = await run([all, '--target', '1']);
  expect([right.code, right.err, inputs()]).toEqual([
    0,
    expect.not.stringContaining('unfinished'),
    expect.arrayContaining(['a.png', 'f.png']),
  ]);
  // What was explained before is kept all the same.
  const interrupted = await run([all, '--force'], 1);
  expect(interrupted.code).toBe(130);
  expect((await run([all])).err).toContain('unfinished');
});
