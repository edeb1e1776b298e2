// Compares our preprocessing with what transformers' image processors do to pixels, by the formulas of their
// sources.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseModelSettings, preprocess } from '../../src/image/index.js';

const CASE = new URL('../cases/dropped-preprocessing-fields/', import.meta.url);
const fileOf = (name: string): object => JSON.parse(readFileSync(new URL(name, CASE), 'utf8'));

const SIDE = 64;
const PLANE = SIDE * SIDE;
const picture = {
  data: Uint8Array.from({ length: 4 * PLANE }, (_, i) => (i % 4 === 3 ? 255 : (i * 7 + (i >> 5)) % 256)),
  width: SIDE,
  height: SIDE,
};

/** The tensor that a file's preprocessing makes of a picture that needs no resizing. */
const tensorBy = (file: object) => {
  const { preprocessing } = parseModelSettings('p', file, 'm.onnx');
  if (!preprocessing) throw new Error('nothing was said of preprocessing');
  return preprocess(picture, preprocessing).tensor;
};

/**
 * Planes of `value(x, colour)` for each pixel's red, green and blue, 0..255; `order` picks each plane's
 * colour.
 */
function expected(value: (x: number, colour: number) => number, order: readonly number[] = [0, 1, 2]) {
  return Float32Array.from({ length: 3 * PLANE }, (_, i) => {
    const colour = order[Math.floor(i / PLANE)];
    return value(picture.data[4 * (i % PLANE) + colour], colour);
  });
}

function expectClose(got: Float32Array, want: Float32Array): void {
  expect(got.length).toBe(want.length);
  const worst = got.reduce((most, v, i) => Math.max(most, Math.abs(v - want[i])), 0);
  expect(worst).toBeLessThan(2e-6);
}

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.478, 0.473, 0.474];

describe('fields that change pixels are followed', () => {
  test('include_top divides by the standard deviation once more', () => {
    expectClose(
      tensorBy(fileOf('efficientnet.json')),
      expected((x, c) => (x / 255 - MEAN[c]) / STD[c] / STD[c]),
    );
    const { include_top: _, ...without } = { include_top: true, ...fileOf('efficientnet.json') };
    // The class does so by default.
    expectClose(tensorBy(without), tensorBy(fileOf('efficientnet.json')));
    expectClose(
      tensorBy({ ...without, include_top: false }),
      expected((x, c) => (x / 255 - MEAN[c]) / STD[c]),
    );
    expectClose(
      tensorBy({ ...without, do_normalize: false }),
      expected((x, c) => x / 255 / STD[c]),
    );
  });

  test('rescale_offset: x · factor - 1, then normalised', () => {
    const file = { ...fileOf('efficientnet.json'), include_top: false, rescale_offset: true };
    expectClose(
      tensorBy({ ...file, rescale_factor: 1 / 127.5 }),
      expected((x, c) => (x / 127.5 - 1 - MEAN[c]) / STD[c]),
    );
  });

  test("MobileViT's: blue first, never normalised, a crop from a shorter edge", () => {
    const file = { ...fileOf('mobilevit.json'), size: { shortest_edge: SIDE } };
    expectClose(
      tensorBy(file),
      expected((x) => x / 255, [2, 1, 0]),
    );
    expect(parseModelSettings('p', fileOf('mobilevit.json'), 'm').preprocessing).toMatchObject({
      size: [64, 64],
      resize: 'shortest',
      shortestEdge: 72,
    });
  });

  test('do_flip_channels of old files adds nothing for MobileViT; for another class it is refused', () => {
    const { do_flip_channel_order: _, ...file } = { do_flip_channel_order: 0, ...fileOf('mobilevit.json') };
    const old = { ...file, size: SIDE, do_flip_channels: true };
    expectClose(
      tensorBy(old),
      expected((x) => x / 255, [2, 1, 0]),
    );
    const vit = { ...fileOf('flip.json'), image_processor_type: 'ViTImageProcessor', do_flip_channels: true };
    expect(() => tensorBy(vit)).toThrow('do_flip_channels');
  });

  test('do_flip_channel_order of another class: normalised first, then flipped', () => {
    const { image_processor_type: _, ...file } = { image_processor_type: '', ...fileOf('flip.json') };
    expectClose(
      tensorBy(file),
      expected((x, c) => (x / 255 - MEAN[c]) / STD[c], [2, 1, 0]),
    );
  });

  test('do_normalize false, or null where the class means false by it; one number for all channels', () => {
    const raw = expected((x) => x / 255);
    const vit = { ...fileOf('no-normalise.json'), image_processor_type: 'ViTImageProcessor' };
    expectClose(tensorBy(vit), raw);
    expectClose(tensorBy({ ...fileOf('no-normalise.json'), do_normalize: false }), raw);
    expectClose(
      tensorBy({ ...vit, do_normalize: true, image_mean: 0.5, image_std: 0.25 }),
      expected((x) => (x / 255 - 0.5) / 0.25),
    );
  });

  test('a file without mean and std has those of its class', () => {
    const { do_normalize: _, ...vit } = { do_normalize: null, ...fileOf('no-normalise.json') };
    expectClose(
      tensorBy(vit),
      expected((x) => (x / 255 - 0.5) / 0.5),
    );
  });

  test("timm's config.json", () => {
    const { preprocessing, labels } = parseModelSettings('c', fileOf('timm-config.json'), 'm.onnx');
    expect(labels).toEqual(['a', 'b', 'c']);
    expect(preprocessing).toEqual({
      size: [64, 64],
      resize: 'shortest',
      shortestEdge: 73, // floor(64 / 0.875)
      interpolation: 'bicubic',
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      scale: 1 / 255,
      channels: 'RGB',
    });
  });
});

describe('how the classes resize', () => {
  const of = (file: object) => parseModelSettings('p', file, 'm').preprocessing;

  test.each([
    ['LevitImageProcessor', { size: { shortest_edge: 224 } }, { resize: 'shortest', shortestEdge: 256 }],
    ['LevitFeatureExtractor', { size: 224 }, { resize: 'shortest', shortestEdge: 256 }],
    ['PoolFormerImageProcessor', { crop_pct: 0.95 }, { resize: 'shortest', shortestEdge: 235 }],
    ['PoolFormerImageProcessor', {}, { resize: 'shortest', shortestEdge: 248 }],
    ['ConvNextImageProcessor', { size: { shortest_edge: 224 }, crop_pct: null }, { shortestEdge: 256 }],
    ['ConvNextFeatureExtractor', { size: 384 }, { resize: 'exact', size: [384, 384] }],
    ['DeiTFeatureExtractor', { size: 256, crop_size: 224 }, { resize: 'exact', stretchedSize: [256, 256] }],
    ['DeiTImageProcessorFast', { do_center_crop: false }, { resize: 'exact', size: [256, 256] }],
    ['CLIPImageProcessor', {}, { resize: 'shortest', shortestEdge: 224, interpolation: 'bicubic' }],
    ['ViTFeatureExtractor', { size: 32 }, { resize: 'exact', size: [32, 32], interpolation: 'bilinear' }],
    ['ViTImageProcessor', { size: [32, 48] }, { resize: 'exact', size: [32, 48] }],
  ])('%s %j', (image_processor_type, part, want) => {
    expect(of({ image_processor_type, ...part })).toMatchObject({ size: [224, 224], ...want });
  });

  test('a crop of a stretched picture shows its centre', () => {
    const file = { image_processor_type: 'DeiTImageProcessor', size: SIDE, crop_size: 32, resample: 0 };
    const how = of({ ...file, do_normalize: false });
    if (!how) throw new Error('nothing was said of preprocessing');
    const { tensor, view } = preprocess(picture, how);
    expect(view).toEqual({ x: 16, y: 16, width: 32, height: 32 });
    expect(tensor[0]).toBeCloseTo(picture.data[4 * (16 * SIDE + 16)] / 255, 6);
    expect(tensor[32 * 32 - 1]).toBeCloseTo(picture.data[4 * (47 * SIDE + 47)] / 255, 6);
  });
});

describe('fields that may change pixels in an unsupported way are refused by name', () => {
  const vit = { image_processor_type: 'ViTImageProcessor', size: 32 };
  test.each([
    [fileOf('no-normalise.json'), /do_normalize: expected true or false \(ViTImageProcessorFast takes null/],
    [
      fileOf('flip.json'),
      /do_normalize: expected false \(MobileViT's processor never normalises\), got true/,
    ],
    [{ ...vit, do_pad: true }, /do_pad: expected a supported field/],
    [{ ...vit, size_divisor: 32 }, /size_divisor: expected a supported field .*, got 32\./],
    [{ ...vit, antialias: false, keep_aspect_ratio: true }, /keep_aspect_ratio/],
    [{ ...vit, do_zero_centering: true }, /do_zero_centering/],
    [{ ...vit, auto_map: { AutoImageProcessor: 'own.Code' } }, /auto_map/],
    [{ ...vit, resample: 1 }, /resample: expected 0/],
    [{ ...vit, do_rescale: 'yes' }, /do_rescale: expected true or false, got "yes"/],
    [{ ...vit, image_mean: [0.5, 0.5, 0.5, 0.5] }, /mean: expected 3 numbers/],
    [{ image_processor_type: 'PerceiverImageProcessor' }, /PerceiverImageProcessor crops before it resizes/],
    [{ size: 32, do_resize: true }, /do_normalize: expected true or false \(there is no image_mean either\)/],
    [{ size: 32, do_normalize: true }, /image_mean: expected one number per channel/],
  ])('%j', (file, text) => {
    expect(() => parseModelSettings('p.json', file, 'm')).toThrow(text);
  });

  test('fields that cannot change pixels, or are off, are ignored', () => {
    const noise = {
      ...{
        do_pad: false,
        pad_size: { height: 9, width: 9 },
        keep_aspect_ratio: false,
        ensure_multiple_of: 1,
      },
      ...{ do_convert_rgb: null, do_reduce_labels: true, data_format: 'channels_first', device: null },
      ...{ _valid_processor_keys: ['images'], processor_class: 'CLIPProcessor', antialias: true },
    };
    expect(parseModelSettings('p', { ...vit, ...noise }, 'm')).toEqual(parseModelSettings('p', vit, 'm'));
  });

  test('a processor of several parts contains the image processor', () => {
    expect(parseModelSettings('p', { image_processor: vit, processor_class: 'X' }, 'm')).toEqual(
      parseModelSettings('p', vit, 'm'),
    );
  });
});
