import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { runProgram } from '../fake.js';
import { broken, explain, folder, labelled, out, picture, summary, tensor, written } from './explain-case.js';

describe('what is written', () => {
  test('a picture: its overlay at its own size, and the summary', async () => {
    const path = await picture('photo.jpg');
    const { code, out: text } = await explain([path, ...labelled()]);
    expect(code).toBe(0);
    expect(written()).toEqual(['photo.mi-cam.png', 'summary.json']);
    const { width, height } = await sharp(join(out, 'photo.mi-cam.png')).metadata();
    expect([width, height]).toEqual([20, 10]);
    expect(summary()).toEqual([
      {
        input: path,
        method: 'mi-cam',
        layer: 'relu',
        target: 1,
        label: 'goldfish',
        score: 0.75,
        classAgnostic: true,
        backend: 'wasm',
        runtime: 'fake runtime',
        diagnostics: [],
        milliseconds: 1.5,
        outputs: ['photo.mi-cam.png'],
      },
    ]);
    expect(text).toContain(`${path}: goldfish (class 1), 75.0 %\n`);
    expect(text).toContain('1 of 1 picture explained in ');
    expect(text).toContain(`Written to ${out}: 1 overlay, summary.json.\n`);
  });

  test('without labels the label is null', async () => {
    await explain([await picture('a.png')]);
    expect(summary()).toMatchObject([{ target: 1, label: null }]);
  });

  test('arrays: saliency [1, H, W], raw [1, h, w], weights [1, K]; no weights where a method has none', async () => {
    const { code } = await explain([
      '--method',
      'mi-cam,flat',
      '--format',
      'npy',
      '--raw',
      '--weights',
      await picture('a.png'),
    ]);
    expect(code).toBe(0);
    expect(written()).toEqual([
      'a.flat.npy',
      'a.flat.raw.npy',
      'a.mi-cam.npy',
      'a.mi-cam.raw.npy',
      'a.mi-cam.weights.npy',
      'summary.json',
    ]);
    const saliency = await readNpy(join(out, 'a.mi-cam.npy'));
    expect(saliency.shape).toEqual([1, 8, 8]);
    expect(saliency.data[63]).toBe(1);
    expect((await readNpy(join(out, 'a.mi-cam.raw.npy'))).shape).toEqual([1, 2, 2]);
    expect((await readNpy(join(out, 'a.mi-cam.weights.npy'))).shape).toEqual([1, 3]);
    expect(summary()).toMatchObject([
      { method: 'mi-cam', outputs: ['a.mi-cam.npy', 'a.mi-cam.raw.npy', 'a.mi-cam.weights.npy'] },
      { method: 'flat', diagnostics: ['the map is flat after ReLU; try layer "relu4".'] },
    ]);
  });

  test('several layers: raw and weights carry the layer, made fit for a file name and unique', async () => {
    await explain([
      '--layer',
      '/blocks/a,/blocks:a',
      '--layer',
      'head',
      '--format',
      'json',
      '--raw',
      await picture('a.png'),
    ]);
    expect(written()).toEqual([
      'a.mi-cam.blocks_a-2.raw.npy',
      'a.mi-cam.blocks_a.raw.npy',
      'a.mi-cam.head.raw.npy',
      'summary.json',
    ]);
    expect(summary()).toMatchObject([{ layer: '/blocks/a,/blocks:a,head' }]);
  });

  test('a tensor of three images: one array with three rows, one numbered overlay each', async () => {
    const path = tensor('x.npy', [3, 3, 8, 8]);
    const { code, out: text } = await explain([
      '--format',
      'png,npy',
      '--raw',
      '--target',
      '2,0,1',
      '--method',
      'grad',
      path,
    ]);
    expect(code).toBe(0);
    expect(written()).toEqual([
      'summary.json',
      'x.0.grad.png',
      'x.1.grad.png',
      'x.2.grad.png',
      'x.grad.npy',
      'x.grad.raw.npy',
    ]);
    expect(text).toContain(': 3 overlays, 2 arrays, summary.json.');
    expect((await readNpy(join(out, 'x.grad.npy'))).shape).toEqual([3, 8, 8]);
    const raw = await readNpy(join(out, 'x.grad.raw.npy'));
    expect([raw.data[0], raw.data[4], raw.data[8]]).toEqual([2, 0, 1]);
    expect(summary()).toMatchObject([
      { input: path, image: 0, target: 2 },
      { input: path, image: 1, target: 0 },
      { input: path, image: 2, target: 1, outputs: ['x.2.grad.png', 'x.grad.npy', 'x.grad.raw.npy'] },
    ]);
  });

  test('folders are read recursively, sorted, and mirrored; other files and hidden ones are skipped', async () => {
    await picture('pics/b.png');
    await picture('pics/sub/deep/a.JPEG');
    await picture('pics/a.png');
    await picture('pics/.hidden.png');
    writeFileSync(join(folder, 'pics', 'notes.txt'), 'x');
    const { code } = await explain([join(folder, 'pics')]);
    expect(code).toBe(0);
    expect(written().filter((name) => name.endsWith('.png'))).toEqual([
      'a.mi-cam.png',
      'b.mi-cam.png',
      join('sub', 'deep', 'a.mi-cam.png'),
    ]);
    expect(summary()).toMatchObject([
      { input: join(folder, 'pics', 'a.png') },
      { input: join(folder, 'pics', 'b.png') },
      { input: join(folder, 'pics', 'sub', 'deep', 'a.JPEG'), outputs: ['sub/deep/a.mi-cam.png'] },
    ]);
  });

  test('results below the input folder are not taken for inputs the second time', async () => {
    await picture('a.png');
    for (let i = 0; i < 2; i++) expect((await explain([folder])).code).toBe(0);
    expect(summary()).toHaveLength(1);
  });

  test('nor are those that lie in the input folder itself, mirrored folders too; new pictures are', async () => {
    await picture('pics/a.png');
    await picture('pics/deep/b.png');
    const pics = join(folder, 'pics');
    const run = () => runProgram(['explain', '--model', 'birds', '--format', 'png,npy', '--out', pics, pics]);
    for (let i = 0; i < 2; i++) expect((await run()).out).toContain('2 of 2 pictures explained');
    await picture('pics/a.mi-cam.new.png');
    expect((await run()).out).toContain('3 of 3 pictures explained');
  });

  test('nor those of a run into the folder above the input', async () => {
    await picture('up/pics/a.png');
    const [up, pics] = [join(folder, 'up'), join(folder, 'up', 'pics')];
    await runProgram(['explain', '--model', 'birds', '--out', up, pics]);
    expect((await runProgram(['explain', '--model', 'birds', '--out', up, up])).out).toContain(
      '1 of 1 picture explained',
    );
  });

  test('nor those of shards, whatever their names', async () => {
    await picture('pics/a [1].png');
    await picture('pics/b.png');
    const pics = join(folder, 'pics');
    const run = (...more: string[]) =>
      runProgram(['explain', '--model', 'birds', '--out', pics, ...more, pics]);
    await run('--shard', '1/2');
    await run('--shard', '2/2');
    expect((await run()).out).toContain('2 of 2 pictures explained');
    for (const name of readdirSync(pics).filter((one) => one.startsWith('summary'))) rmSync(join(pics, name));
    expect((await run()).out).toContain('2 of 2 pictures explained');
    // One that the user has changed is a picture like any other.
    await picture('pics/b.mi-cam.png');
    expect((await run('--force')).out).toContain('3 of 3 pictures explained');
  });

  test('labels of another model are noticed once', async () => {
    const path = join(folder, 'two.txt');
    writeFileSync(path, 'cat\ndog\n');
    const { code, err } = await explain(['--labels', path, await picture('a.png'), await picture('b.png')]);
    expect(code).toBe(0);
    expect(err.split('labels: expected one per class (3), got 2: they may belong')).toHaveLength(2);
    expect((await explain([join(folder, 'a.png'), ...labelled()])).err).not.toContain('labels:');
  });

  test('an HTML sheet holds every picture and failure, and loads nothing', async () => {
    const path = await picture('<b>.png');
    const { code, out: text } = await explain(['--format', 'html', path, broken('bad.png'), ...labelled()]);
    expect(code).toBe(1);
    expect(written()).toEqual(['index.html', 'summary.json']);
    const html = readFileSync(join(out, 'index.html'), 'utf8');
    expect(html).toContain('&lt;b&gt;.png');
    expect(html).not.toContain('<b>.png');
    expect(html.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(2);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html).toContain('<span>goldfish</span><span class="score">75.0 %</span>');
    expect(html).toContain('<article class="failed">');
    expect(html).toContain('1 explained, 1 failed.');
    expect(text).toContain(join(out, 'index.html'));
  });
});

describe('targets', () => {
  test('several: every class has files and entries of its own, of class-agnostic methods too', async () => {
    await explain(['--method', 'grad,mi-cam', '--target', 'tench', '--target', '2', await picture('a.png')]);
    expect(written()).toEqual([
      ...['a.grad.class0.png', 'a.grad.class2.png', 'a.mi-cam.class0.png', 'a.mi-cam.class2.png'],
      'summary.json',
    ]);
    expect(summary()).toMatchObject([
      { method: 'grad', target: 0, gradients: 'backward graph' },
      { method: 'mi-cam', target: 0, classAgnostic: true },
      { method: 'grad', target: 2 },
      { method: 'mi-cam', target: 2, classAgnostic: true, outputs: ['a.mi-cam.class2.png'] },
    ]);
  });

  test('a class-agnostic panel says "same for every class", on the sheet and in the report; with such methods alone --target has a notice', async () => {
    const path = await picture('a.png');
    const SAME = '<p class="same">same for every class</p>';
    const both = await explain(['--method', 'grad,mi-cam', '--target', '2', '--format', 'html', path]);
    expect(readFileSync(join(out, 'index.html'), 'utf8').split(SAME)).toHaveLength(2);
    expect(both.out).toContain('\nSame for every class: mi-cam.\n');
    expect(both.err).not.toContain('--target');
    const alone = await explain(['--method', 'mi-cam,flat', '--target', '2', '--format', 'html', path]);
    expect(readFileSync(join(out, 'index.html'), 'utf8').split(SAME)).toHaveLength(3);
    expect(alone.err).toContain(
      'onnx-cam: --target changes no map: mi-cam, flat: same for every class. Add a method that depends on the class, such as --method grad-cam.\n',
    );
    expect((await explain(['--method', 'mi-cam', path])).err).not.toContain('--target');
  });

  test('the same class twice is one result', async () => {
    const path = await picture('a.png');
    const { out: text } = await explain([
      ...['--format', 'png,html', '--method', 'grad', '--target', 'predicted', '--target', '1'],
      path,
    ]);
    expect(written()).toEqual(['a.grad.class1.png', 'index.html', 'summary.json']);
    expect(summary()).toHaveLength(1);
    expect(text.split(path)).toHaveLength(2);
    expect(readFileSync(join(out, 'index.html'), 'utf8').match(/<article>/g)).toHaveLength(1);
  });

  test('a list goes by input order, across files and failed inputs', async () => {
    await explain([
      '--target',
      '2,0,1',
      '--batch',
      '2',
      await picture('a.png'),
      broken('b.png'),
      await picture('c.png'),
    ]);
    expect(summary()).toMatchObject([
      { target: 2 },
      { error: expect.stringContaining('b.png') },
      { target: 1 },
    ]);
  });

  test('a list that does not match the number of images is refused before work', async () => {
    const { code, err, opened } = await explain(['--target', '1,2', tensor('x.npy', [3, 3, 8, 8])]);
    expect([code, opened]).toEqual([2, undefined]);
    expect(err).toBe(
      'onnx-cam: --target: expected one class per image (3 images), got 2: 1,2. ' +
        'Give a single class for all, or several by repeating --target.\n',
    );
  });

  test('an unknown class ends the run with 2; what was done is in the summary', async () => {
    const { code, err, explainer } = await explain([
      '--target',
      '1,9',
      '--batch',
      '1',
      await picture('a.png'),
      await picture('b.png'),
    ]);
    expect(code).toBe(2);
    expect(err).toContain('onnx-cam: target: expected a class from 0 to 2, got 9.\n');
    expect(summary()).toHaveLength(1);
    expect(explainer?.disposed).toBe(true);
  });
});
