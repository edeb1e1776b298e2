import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { folder, loaded, picture, read, text, whats } from './datasets-case.js';

describe('folders', () => {
  test('one folder per class, by label or index; others are named', async () => {
    await picture('goldfish/a.png');
    await picture('2/deep/b.png');
    await picture('whale/c.png');
    const data = await read();
    expect([data.kind, [...data.has]]).toEqual(['one folder per class', ['label']]);
    const labels = await Promise.all(
      data.samples.map(async (one) => [one.name, (await one.load()).truth.label]),
    );
    expect(labels).toEqual([
      ['2/deep/b.png', 2],
      ['goldfish/a.png', 1],
      ['whale/c.png', undefined],
    ]);
    expect(data.problems).toEqual([{ where: 'whale/', what: 'folder that is no class of the model' }]);
  });

  test('as many folders as classes, of names that mean nothing: alphabetical order', async () => {
    for (const name of ['n03', 'n01', 'n02']) await picture(`${name}/a.png`);
    const data = await read();
    const labels = await Promise.all(data.samples.map(async (one) => (await one.load()).truth.label));
    expect(labels).toEqual([0, 1, 2]);
  });

  test('pictures alone have no labels', async () => {
    await picture('a.png');
    await picture('goldfish/b.png'); // beside loose pictures a folder is no class
    const data = await read();
    expect([data.kind, data.samples.length, [...data.has]]).toEqual(['pictures without annotations', 2, []]);
  });

  test('nothing there, and no pictures there, are errors', async () => {
    await expect(read(join(folder, 'missing'))).rejects.toThrow(
      `--data: expected a folder, a .csv or a .json file, got "${join(folder, 'missing')}": there is no such thing.`,
    );
    await expect(read()).rejects.toThrow(`--data: ${folder}: expected pictures or tensors`);
    await expect(read(text('a.txt', ''))).rejects.toThrow(
      '--data: expected a folder, a .csv or a .json file, got',
    );
  });
});

describe("wsolevaluation's metadata", () => {
  test('boxes in pixels of the listed size, labels, and lines that fit nothing', async () => {
    await picture('val/a.png', 10, 10);
    text('image_ids.txt', 'val/a.png\nval/b.png\n');
    text('class_labels.txt', 'val/a.png,1\nval/b.png,x\nval/c.png,0\n');
    text('image_sizes.txt', 'val/a.png,100,50\n');
    text('localization.txt', 'val/a.png,10,10,50,50\nval/a.png,0,0,20,10\nval/a.png,1\n val/a.png,1,2,3\n');
    const data = await read();
    expect([data.kind, [...data.has].sort()]).toEqual([
      "wsolevaluation's metadata",
      ['boxes', 'label', 'mask'],
    ]);
    expect(whats(data)).toEqual([
      'picture that image_ids.txt does not list',
      'line of localization.txt with another form',
      'label that is no class of the model',
      'no box and no mask',
    ]);
  });

  test('masks: their union is the object, the rest of what is to be ignored is ignored', async () => {
    await picture('a.png', 4, 1);
    const mask = (name: string, ...values: readonly number[]) =>
      sharp(Uint8Array.from(values), { raw: { width: 4, height: 1, channels: 1 } })
        .png()
        .toFile(join(folder, name));
    await mask('one.png', 255, 0, 0, 0);
    await mask('two.png', 0, 255, 0, 0);
    await mask('ignore.png', 0, 255, 255, 0);
    text('image_ids.txt', 'a.png\n');
    text('localization.txt', 'a.png,one.png,ignore.png\na.png,two.png,\n');
    const { truth } = await loaded(await read(), 'a.png');
    expect([truth.mask?.data, truth.ignore?.data]).toEqual([
      Uint8Array.of(1, 1, 0, 0),
      Uint8Array.of(0, 0, 1, 0),
    ]);
  });
});
