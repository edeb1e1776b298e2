import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import type { DataSet, LoadedSample } from '../../src/evaluate/index.js';
import { ClassNames, openDataSet } from '../../src/node/datasets/index.js';
import { temporaryFolder } from './folder.js';

const root = temporaryFolder();
const classes = new ClassNames(['tench, Tinca tinca', 'goldfish', 'great white shark, man-eater']);
let folder = '';
let count = 0;

beforeEach(() => {
  folder = join(root, `data-${count++}`);
  mkdirSync(folder);
});

async function picture(name: string, width = 20, height = 10, background = '#000'): Promise<void> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toFile(path);
}

function text(name: string, content: string | object): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const read = (path = folder, images?: string): Promise<DataSet> =>
  openDataSet(path, { images, skip: join(folder, 'out'), classes });

async function loaded(data: DataSet, name: string): Promise<LoadedSample> {
  const sample = data.samples.find((one) => one.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  return sample.load();
}

const whats = ({ problems }: Pick<DataSet, 'problems'>): string[] => problems.map(({ what }) => what);

describe('classes', () => {
  test.for([
    ['0', 0],
    [2, 2],
    ['3', undefined], // beyond the labels
    ['Goldfish', 1],
    ['great_white_shark', 2], // folders have no spaces
    ['tench, tinca tinca', 0],
    ['whale', undefined],
  ] as const)('%s is class %s', ([name, index]) => {
    expect(classes.indexOf(name)).toBe(index);
  });
});

describe('boxes.json', () => {
  test('labels, boxes, sizes; what is absurd is left out and named', async () => {
    await picture('images/a.png');
    text('boxes.json', [
      {
        file: 'a.png',
        label: 1,
        size: [40, 20],
        boxes: [
          [4, 4, 20, 20],
          [8, 2, 8, 10],
          [50, 0, 60, 5],
          [-10, 0, 60, 20],
          [1, 2, 3],
        ],
      },
      { file: 'b.png', label: 99, boxes: [] },
      { file: 'a.png', label: 2, boxes: [[0, 0, 1, 1]] },
      { label: 1 },
    ]);
    const data = await read();
    expect([data.kind, data.samples.length, [...data.has]]).toEqual(['boxes.json', 2, ['label', 'boxes']]);
    expect(whats(data)).toEqual([
      'no class of the model is meant',
      'no box',
      'picture listed twice (the first counts)',
      'entry without a file name',
    ]);
    const { truth, problems } = await loaded(data, 'a.png');
    // Drawn at 40 × 20, the picture has 20 × 10: halved.
    expect(truth).toEqual({
      label: 1,
      boxes: [
        [2, 2, 10, 10],
        [0, 0, 20, 10],
      ],
    });
    expect(problems.map(({ what }) => what)).toEqual([
      'box without an area',
      'box outside of the picture',
      'box beyond the border (cut there)',
      'box that is not four numbers',
    ]);
    await expect(loaded(data, 'b.png')).rejects.toThrow(
      'b.png: could not be read: no such file or folder (ENOENT).',
    );
  });

  test.for([
    ['{}', 'expected a list of { file, label, boxes }, got object.'],
    ['[]', 'expected a list of { file, label, boxes }, got an empty one.'],
    ['[', 'expected JSON:'],
  ])('%s is refused', async ([content, message]) => {
    const path = text('boxes.json', content ?? '');
    await expect(read()).rejects.toThrow(`--data: ${path}: ${message}`);
  });
});

describe('parts', () => {
  test('species that differ in one part make a pair, whose cue is the mask of that part', async () => {
    await picture('a.png', 4, 2);
    // Values 0 … 3: background, body, head, wing.
    const values = Uint8Array.of(0, 1, 2, 3, 0, 1, 2, 2);
    await sharp(values, { raw: { width: 4, height: 2, channels: 1 } })
      .png()
      .toFile(join(folder, 'a.parts.png'));
    text('annotations.json', [{ file: 'a.png', label: 0, boxes: [[0, 0, 4, 2]] }]);
    text('species.json', {
      parts: { 1: 'body', 2: 'head', 3: 'wing' },
      species: [
        { head: 'red', wing: 'red' },
        { head: 'blue', wing: 'red' }, // one part
        { head: 'blue', wing: 'blue' }, // two: no pair
      ],
    });
    const data = await read();
    expect([...data.has]).toEqual(['label', 'boxes', 'mask', 'cues']);
    const { truth } = await loaded(data, 'a.png');
    expect(truth.mask?.data).toEqual(values);
    expect(truth.cues).toEqual([
      { other: 1, mask: { data: Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 1), shape: [2, 4] } },
    ]);
  });
});

describe('CSV', () => {
  test('several lines of a picture are several boxes; damaged lines are named with their number', async () => {
    await picture('a.png');
    text(
      'a.csv',
      'File, Class ,x,y,w,h\na.png,goldfish,2,3,4,5\na.png,goldfish,0,0,1,1\nb.png,whale,,,,\n,tench,1,1,1,1\nc.png,tench,1,x,1,1\nc.png,goldfish,0,0,2,2\n',
    );
    const data = await read();
    expect([data.kind, data.samples.map(({ name }) => name)]).toEqual(['CSV', ['a.png', 'b.png', 'c.png']]);
    expect((await loaded(data, 'a.png')).truth).toEqual({
      label: 1,
      boxes: [
        [2, 3, 6, 8],
        [0, 0, 1, 1],
      ],
    });
    expect(data.problems).toEqual([
      { where: 'a.csv, line 4', what: 'no class of the model is meant', got: 'whale' },
      { where: 'a.csv, line 5', what: 'line without a file name' },
      { where: 'a.csv, line 6', what: 'box that is not four numbers', got: 'c.png' },
      { where: 'a.csv, line 7', what: 'picture with two classes (the first counts)', got: 'c.png' },
    ]);
  });

  test('a table without files is refused', async () => {
    const path = text('t.csv', 'name,label\na,b\n');
    await expect(read(path)).rejects.toThrow(
      `--data: ${path}: expected a heading line with "file" and at least one row, got 1 rows of name, label.`,
    );
  });

  test('pictures lie where --images says', async () => {
    await picture('elsewhere/a.png');
    const path = text('t.csv', 'file\na.png\n');
    const data = await read(path, join(folder, 'elsewhere'));
    expect([...data.has]).toEqual([]);
    expect((await loaded(data, 'a.png')).truth).toEqual({ label: undefined });
  });
});

describe('COCO', () => {
  test('the category that covers most counts, its polygons become a mask; crowds and unknown categories are named', async () => {
    await picture('a.png', 4, 4);
    text('instances.json', {
      categories: [
        { id: 7, name: 'goldfish' },
        { id: 9, name: 'whale' },
      ],
      images: [
        { id: 1, file_name: 'a.png', width: 8, height: 8 },
        { id: 2, file_name: 'b.png', width: 8, height: 8 },
      ],
      annotations: [
        // The left half of 8 × 8, which is the left half of the picture's 4 × 4.
        {
          id: 1,
          image_id: 1,
          category_id: 7,
          bbox: [0, 0, 4, 8],
          area: 32,
          segmentation: [[0, 0, 4, 0, 4, 8, 0, 8]],
        },
        {
          id: 2,
          image_id: 1,
          category_id: 9,
          bbox: [6, 6, 1, 1],
          area: 1,
          segmentation: [[6, 6, 7, 6, 7, 7]],
        },
        {
          id: 3,
          image_id: 1,
          category_id: 7,
          bbox: [0, 0, 8, 8],
          area: 64,
          iscrowd: 1,
          segmentation: { counts: 'x' },
        },
      ],
    });
    const data = await read();
    expect([data.kind, [...data.has]]).toEqual(['COCO', ['label', 'boxes', 'mask']]);
    expect(whats(data)).toEqual(['category that is no class of the model', 'crowd (left out)', 'no object']);
    const { truth } = await loaded(data, 'a.png');
    expect([truth.label, truth.boxes]).toEqual([1, [[0, 0, 2, 4]]]);
    expect(truth.mask?.data).toEqual(Uint8Array.from({ length: 16 }, (_, p) => (p % 4 < 2 ? 1 : 0)));
  });
});

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
      'no class of the model is meant',
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
