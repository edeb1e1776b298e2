import { describe, expect, test } from 'vitest';
import {
  defaultPreprocessing,
  parseHuggingFace,
  parseLabels,
  parseModelSettings,
  validatePreprocessing,
} from '../../src/image/index.js';

const ours = { size: [128, 96], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

describe('our own file', () => {
  test('defaults are filled in, unknown fields are ignored', () => {
    const { preprocessing, labels } = parseModelSettings(
      'birds.json',
      { ...ours, input: 'image', parts: {}, labels: ['a', 'b'] },
      'birds.onnx',
    );
    expect(preprocessing).toEqual({
      size: [128, 96],
      resize: 'exact',
      interpolation: 'bilinear',
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      scale: 1 / 255,
      channels: 'RGB',
    });
    expect(labels).toEqual(['a', 'b']);
  });

  test.each([
    [
      { size: [0, 224] },
      'm.json: size: expected [height, width] in pixels, whole numbers from 1 to 16384, got [0,224].',
    ],
    [
      { size: 224 },
      'm.json: size: expected [height, width] in pixels, whole numbers from 1 to 16384, got 224.',
    ],
    [{ mean: [0.5] }, 'm.json: mean: expected 3 numbers, one per channel (RGB), got [0.5].'],
    [{ mean: [0, 0, null] }, 'm.json: mean: expected 3 numbers, one per channel (RGB), got [0,0,null].'],
    // Division by zero would make every value infinite.
    [{ std: [1, 0, 1] }, 'm.json: std: expected 3 numbers, one per channel (RGB), above 0, got [1,0,1].'],
    [{ channels: 'RGBA' }, 'm.json: channels: expected "RGB", "BGR", "GRAY", got "RGBA".'],
    [{ channels: 'GRAY' }, 'm.json: mean: expected 1 number, one per channel (GRAY), got [0.5,0.5,0.5].'],
    [{ resize: 'longest' }, 'm.json: resize: expected "exact", "shortest", got "longest".'],
    [
      { interpolation: 'lanczos' },
      'm.json: interpolation: expected "bilinear", "bicubic", "nearest", got "lanczos".',
    ],
    [{ scale: 0 }, 'm.json: scale: expected a number above 0 (factor from 0..255, usually 1/255), got 0.'],
    [
      { shortestEdge: 25.5 },
      'm.json: shortestEdge: expected pixels, a whole number from 1 to 16384, got 25.5.',
    ],
  ])('%j is refused', (part, text) => {
    expect(() => validatePreprocessing('m.json', { ...ours, ...part })).toThrow(text);
  });

  test('a missing field is named as missing', () => {
    expect(() => validatePreprocessing('m.json', { size: [2, 2] })).toThrow(
      'm.json: mean: expected 3 numbers, one per channel (RGB), got nothing.',
    );
  });
});

test('the ImageNet convention: 256 for 224, in proportion for other sizes; grey models have one channel', () => {
  expect(defaultPreprocessing([224, 224], 3).shortestEdge).toBe(256);
  expect(defaultPreprocessing([299, 299], 3).shortestEdge).toBe(342);
  expect(defaultPreprocessing([28, 28], 1)).toMatchObject({ channels: 'GRAY', mean: [0.456], std: [0.225] });
  expect(() => defaultPreprocessing([8, 8], 4)).toThrow(
    'preprocessing: expected an input of 1 or 3 channels (grey or colour), got 4. Pass tensors instead of pictures.',
  );
});

describe("Hugging Face's processor", () => {
  const imagenet = {
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
    do_normalize: true,
  };

  test('MobileNetV2: shortest edge and centre crop, labels from config.json', () => {
    const { preprocessing, labels } = parseHuggingFace(
      'preprocessor_config.json',
      {
        ...imagenet,
        size: { shortest_edge: 256 },
        crop_size: { height: 224, width: 224 },
        do_center_crop: true,
        resample: 2,
        rescale_factor: 1 / 255,
      },
      { id2label: { '0': 'cat', '1': 'dog' } },
    );
    expect(preprocessing).toMatchObject({
      size: [224, 224],
      resize: 'shortest',
      shortestEdge: 256,
      interpolation: 'bilinear',
    });
    expect(labels).toEqual(['cat', 'dog']);
  });

  test('ViT: stretched to one size', () => {
    const { preprocessing } = parseHuggingFace('p', { ...imagenet, size: 224, resample: 3 });
    expect(preprocessing).toMatchObject({ size: [224, 224], resize: 'exact', interpolation: 'bicubic' });
  });

  test('ConvNeXt: crop_pct below 384, stretched from there on', () => {
    const of = (edge: number) =>
      parseHuggingFace('p', { ...imagenet, size: { shortest_edge: edge }, crop_pct: 0.875, resample: 3 })
        .preprocessing;
    expect(of(224)).toMatchObject({ size: [224, 224], resize: 'shortest', shortestEdge: 256 });
    expect(of(384)).toMatchObject({ size: [384, 384], resize: 'exact' });
  });

  test('EfficientNet: an offset after rescaling moves the mean; without normalisation values stay as they are', () => {
    const { preprocessing } = parseHuggingFace('p', {
      ...imagenet,
      size: 64,
      rescale_factor: 1 / 127.5,
      rescale_offset: true,
    });
    expect(preprocessing?.mean).toEqual([0.485 + 1, 0.456 + 1, 0.406 + 1]);
    const plain = parseHuggingFace('p', { size: 64, do_normalize: false, do_rescale: false }).preprocessing;
    expect(plain).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1], scale: 1 });
  });

  test.each([
    [{ resample: 1, size: 8 }, 'p: resample: expected 0 (nearest), 2 (bilinear) or 3 (bicubic), got 1.'],
    [
      { size: { longest_edge: 8 } },
      'p: size: expected {"height": …, "width": …} or one number, no longest_edge, got {"longest_edge":8}.',
    ],
    [
      { size: { shortest_edge: 256 } },
      'p: crop_size: expected the size of the centre crop (with size.shortest_edge alone the input has no fixed size), got nothing.',
    ],
    [
      { size: { shortest_edge: 8 }, crop_pct: 3 },
      'p: crop_pct: expected a number above 0, at most 1, got 3.',
    ],
  ])('%j cannot be reproduced exactly and is refused', (part, text) => {
    expect(() => parseHuggingFace('p', { ...imagenet, ...part })).toThrow(text);
  });
});

describe("timm's config.json", () => {
  const timm = { input_size: [3, 224, 224], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const of = (part: object) =>
    parseModelSettings('config.json', { pretrained_cfg: { ...timm, ...part } }, 'm.onnx').preprocessing;

  test('its defaults are those of timm: bicubic, 0.875 of the shorter edge', () => {
    expect(of({})).toMatchObject({
      size: [224, 224],
      resize: 'shortest',
      shortestEdge: 256,
      interpolation: 'bicubic',
    });
    expect(of({ crop_pct: 0.96, interpolation: 'bilinear' })).toMatchObject({
      shortestEdge: 233,
      interpolation: 'bilinear',
    });
  });

  test('squash stretches to more than the input and crops the centre', () => {
    expect(of({ crop_mode: 'squash', crop_pct: 0.9, input_size: [3, 90, 180] })).toMatchObject({
      size: [90, 180],
      resize: 'exact',
      stretchedSize: [100, 200],
    });
  });

  test('the fields at the top level, as in older files; one channel', () => {
    const old = { architecture: 'x', input_size: [1, 28, 28], mean: [0.1], std: [0.3], num_classes: 10 };
    expect(parseModelSettings('config.json', old, 'm.onnx').preprocessing).toMatchObject({
      channels: 'GRAY',
      mean: [0.1],
      std: [0.3],
    });
  });

  test.each([
    [{ crop_mode: 'border' }, 'config.json: crop_mode: expected "center" or "squash", got "border".'],
    [
      { interpolation: 'lanczos' },
      'config.json: interpolation: expected "nearest", "bilinear" or "bicubic", got "lanczos".',
    ],
    [
      { input_size: [13, 64, 64] },
      'config.json: input_size: expected 1 or 3 channels (grey or colour), got [13,64,64].',
    ],
    [
      { input_size: [3, 64, 96] },
      'config.json: input_size: expected height and width alike, with crop_mode "center", got [64,96].',
    ],
    [{ crop_pct: 2 }, 'config.json: crop_pct: expected a number above 0, at most 1, got 2.'],
  ])('%j is refused', (part, text) => {
    expect(() => of(part)).toThrow(text);
  });
});

describe('a list of models', () => {
  const entry = {
    file: 'a.onnx',
    shape: ['batch', 3, 32, 48],
    mean: [1, 2, 3],
    std: [1, 1, 1],
    range01: false,
    channelOrder: 'BGR',
  };

  test('the entry is picked by its file', () => {
    const { preprocessing } = parseModelSettings('models.json', [{ file: 'b.onnx' }, entry], 'a.onnx');
    expect(preprocessing).toMatchObject({
      size: [32, 48],
      resize: 'shortest',
      scale: 1,
      channels: 'BGR',
      mean: [1, 2, 3],
    });
  });

  test('for a model that is not listed, the error names those that are', () => {
    expect(() => parseModelSettings('models.json', [entry, { file: 'b.onnx' }], 'c.onnx')).toThrow(
      'models.json: expected an entry whose "file" is "c.onnx", got a.onnx, b.onnx.',
    );
  });
});

test('labels: an array, or a map that names every class', () => {
  expect(parseLabels('l', ['x', 'y'])).toEqual(['x', 'y']);
  expect(parseLabels('l', { '1': 'b', '0': 'a' })).toEqual(['a', 'b']);
  expect(() => parseLabels('l', { '0': 'a', '2': 'c' })).toThrow(
    'l: expected a name for each of the classes 0 to 1, got {"0":"a","2":"c"}.',
  );
  expect(() => parseLabels('l', [])).toThrow('l: expected an array of names, one per class, got [].');
  expect(() => parseLabels('l', 7)).toThrow(
    'l: expected an array of names, or a map from class to name, got 7.',
  );
  expect(() => parseModelSettings('m.json', 'text', 'm.onnx')).toThrow(
    'm.json: expected an object with size, mean and std, or an array of such, got "text".',
  );
});
