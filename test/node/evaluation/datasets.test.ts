import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { classes, folder, loaded, picture, read, text, whats } from './datasets-case.js';

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
  test('labels, boxes, sizes; invalid boxes are left out and named', async () => {
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
      'label that is no class of the model',
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
      { where: 'a.csv, line 4', what: 'label that is no class of the model', got: 'whale' },
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
