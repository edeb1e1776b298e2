import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { CONVENTION } from '../../../src/explain/settings.js';
import { modelPath } from '../../../src/node/model/model-path.js';
import { findSettings, preprocessingNotice } from '../../../src/node/model/settings.js';
import { temporaryFolder } from '../folder.js';

const root = temporaryFolder();
let folder = '';
let count = 0;

beforeEach(() => {
  folder = join(root, `${count++}`);
  mkdirSync(folder);
});

const save = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const ours = (size: number) => ({ size: [size, size], mean: [0, 0, 0], std: [1, 1, 1], labels: ['own'] });
const processor = { size: 32, image_mean: [0, 0, 0], image_std: [1, 1, 1], do_normalize: true };

describe('where preprocessing and labels come from', () => {
  test('a file in the options comes before the one beside the model, which comes before Hugging Face’s', async () => {
    const model = join(folder, 'm.onnx');
    save('preprocessor_config.json', processor);
    save('config.json', { id2label: { 0: 'hf' } });
    expect(await findSettings(model)).toMatchObject({ preprocessing: { size: [32, 32] }, labels: ['hf'] });
    save('m.json', ours(64));
    expect(await findSettings(model)).toMatchObject({ preprocessing: { size: [64, 64] }, labels: ['own'] });
    const named = await findSettings(model, {
      preprocess: save('other.json', { ...ours(96), labels: undefined }),
    });
    expect(named).toMatchObject({ preprocessing: { size: [96, 96] } });
    expect(named.labels).toBeUndefined();
    expect(named).toMatchObject({ preprocessingSource: join(folder, 'other.json') });
  });

  test('no file: the convention is assumed, with a notice', async () => {
    const model = join(folder, 'm.onnx');
    expect(await findSettings(model)).toEqual({});
    expect(preprocessingNotice(model, CONVENTION)).toBe(
      `${model}: nothing says how pictures are prepared (no --preprocess, no m.json, no preprocessor_config.json, no metadata): ` +
        'using the ImageNet convention (shorter edge × 256/224, centre crop, mean .485 .456 .406, std .229 .224 .225; grey: .456, .225).',
    );
    expect(preprocessingNotice('m.onnx', "the model's metadata (Ultralytics)")).toBe(
      "m.onnx: preprocessing from the model's metadata (Ultralytics).",
    );
  });

  test('a model in a folder "onnx" has Hugging Face’s files one folder up; those beside it come first', async () => {
    mkdirSync(join(folder, 'onnx'));
    const model = join(folder, 'onnx', 'model.onnx');
    save('preprocessor_config.json', processor);
    save('config.json', { id2label: { 0: 'up' } });
    expect(await findSettings(model)).toEqual({
      preprocessing: expect.objectContaining({ size: [32, 32] }),
      preprocessingSource: join(folder, 'preprocessor_config.json'),
      labels: ['up'],
      labelsSource: join(folder, 'config.json'),
    });
    save(join('onnx', 'preprocessor_config.json'), { ...processor, size: 48 });
    expect(await findSettings(model)).toMatchObject({ preprocessing: { size: [48, 48] } });
    // Elsewhere the folder above is none of the model's.
    mkdirSync(join(folder, 'other'));
    expect(await findSettings(join(folder, 'other', 'model.onnx'))).toEqual({});
  });

  test("timm's config.json; labels without preprocessing", async () => {
    const model = join(folder, 'm.onnx');
    save('config.json', { id2label: { 0: 'only', 1: 'names' } });
    expect(await findSettings(model)).toEqual({
      labels: ['only', 'names'],
      labelsSource: join(folder, 'config.json'),
    });
    const config = save('config.json', {
      pretrained_cfg: { input_size: [3, 64, 64] },
      label_names: ['a', 'b'],
    });
    expect(await findSettings(model)).toMatchObject({
      preprocessing: { size: [64, 64], shortestEdge: 73 },
      preprocessingSource: config,
      labels: ['a', 'b'],
      labelsSource: config,
    });
  });

  test('a list of models is read by the model’s file name', async () => {
    const list = save('models.json', [
      { file: 'm.onnx', shape: ['n', 3, 16, 16], mean: [0, 0, 0], std: [1, 1, 1], range01: true },
    ]);
    expect(await findSettings(join(folder, 'm.onnx'), { preprocess: list })).toMatchObject({
      preprocessing: { size: [16, 16] },
    });
  });
});

describe('a folder in place of a model', () => {
  const touch = (name: string): string => save(name, '');

  test('the one model in it, else onnx/model.onnx, else the one in onnx', async () => {
    mkdirSync(join(folder, 'onnx'));
    const small = touch('onnx/model_int8.onnx');
    expect(await modelPath(folder)).toBe(small);
    const usual = touch('onnx/model.onnx');
    expect(await modelPath(folder)).toBe(usual);
    const own = touch('own.onnx');
    expect(await modelPath(folder)).toBe(own);
    expect(await modelPath(own)).toBe(own);
    expect(await modelPath(join(folder, 'missing.onnx'))).toBe(join(folder, 'missing.onnx'));
  });

  test('several or none are named', async () => {
    await expect(modelPath(folder)).rejects.toThrow(
      `${folder}: expected an .onnx file in this folder or in its folder "onnx", got none. Name the model's file.`,
    );
    touch('b.onnx');
    touch('a.onnx');
    await expect(modelPath(folder)).rejects.toThrow(
      `${folder}: expected one .onnx file in this folder, got a.onnx, b.onnx. Name the one you mean.`,
    );
  });
});

describe('labels', () => {
  test('one per line: Windows ends, blank lines at the end, commas inside', async () => {
    const labels = save('labels.txt', 'tench, Tinca tinca\r\ngoldfish\r\n\r\n\n');
    expect((await findSettings(join(folder, 'm.onnx'), { labels })).labels).toEqual([
      'tench, Tinca tinca',
      'goldfish',
    ]);
  });

  test('an empty line between labels keeps its class', async () => {
    const labels = save('labels.txt', 'a\n\nc\n');
    expect((await findSettings(join(folder, 'm.onnx'), { labels })).labels).toEqual(['a', '', 'c']);
  });

  test('a JSON array or map; they replace those beside the model', async () => {
    save('m.json', ours(8));
    const model = join(folder, 'm.onnx');
    expect(await findSettings(model, { labels: save('l.json', ['x', 'y']) })).toMatchObject({
      preprocessing: { size: [8, 8] },
      labels: ['x', 'y'],
    });
    expect((await findSettings(model, { labels: save('l2.json', { 0: 'p', 1: 'q' }) })).labels).toEqual([
      'p',
      'q',
    ]);
  });
});

describe('invalid files are named', () => {
  test.each([
    ['m.json', '{"size": [1', /m\.json: expected JSON: /],
    // A picture in place of the settings: none of its bytes are shown.
    ['m.json', 'P\ufffdNG\0', /m\.json: expected JSON, got a binary file\.$/],
    ['m.json', '[]', /m\.json: expected an entry whose "file" is "m\.onnx", got none\.$/],
    [
      'm.json',
      '{"size": [8, 8]}',
      /m\.json: mean: expected 3 numbers, one per channel \(RGB\), got nothing\.$/,
    ],
    [
      'preprocessor_config.json',
      '{"do_normalize": true}',
      /preprocessor_config\.json: size: expected .*, got nothing\.$/,
    ],
  ])('%s: %s', async (name, content, text) => {
    save(name, content);
    const failure = await findSettings(join(folder, 'm.onnx')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'option', message: expect.stringMatching(text) });
  });

  test('no label at all', async () => {
    const labels = save('labels.txt', '\n');
    await expect(findSettings('m.onnx', { labels })).rejects.toThrow(
      `--labels: "${labels}": expected one label per line, got none.`,
    );
  });
});
