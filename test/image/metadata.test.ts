import { describe, expect, test } from 'vitest';
import { metadataSettings } from '../../src/image/index.js';
import { pythonNames } from '../../src/image/metadata.js';

const INPUT = { channels: 3, height: 64, width: 64 };
const of = (
  metadata: Readonly<Record<string, string>>,
  input: Parameters<typeof metadataSettings>[1] = INPUT,
) => metadataSettings(new Map(Object.entries(metadata)), input);

describe("Ultralytics' metadata", () => {
  const names = "{0: 'tench', 1: \"Bohemian's waxwing\"}";

  test('a classifier: the shorter edge resized to the input, values 0..1', () => {
    expect(of({ task: 'classify', imgsz: '[64, 64]', names })).toEqual({
      writer: 'Ultralytics',
      labels: ['tench', "Bohemian's waxwing"],
      preprocessing: {
        size: [64, 64],
        resize: 'shortest',
        shortestEdge: 64,
        interpolation: 'bilinear',
        mean: [0, 0, 0],
        std: [1, 1, 1],
        scale: 1 / 255,
        channels: 'RGB',
      },
    });
  });

  test('a dynamic input has the size of imgsz, a fixed one its own; where the sides differ, pictures are stretched', () => {
    const size = (imgsz: string, input: Parameters<typeof metadataSettings>[1]) =>
      of({ task: 'classify', imgsz, names }, input)?.preprocessing;
    expect(size('[96, 96]', { channels: 3 })).toMatchObject({ size: [96, 96], shortestEdge: 96 });
    expect(size('96', { channels: 1 })).toMatchObject({ size: [96, 96], channels: 'GRAY', mean: [0] });
    expect(size('[96, 96]', INPUT)).toMatchObject({ size: [64, 64] });
    expect(size('[96, 128]', { channels: 3 })).toMatchObject({ size: [96, 128], resize: 'exact' });
    expect(size('[99999, 99999]', { channels: 3 })).toBeUndefined();
    expect(size('[96, 96]', { channels: 13 })).toBeUndefined();
  });

  test('another task: only the names are used', () => {
    expect(of({ task: 'detect', imgsz: '[64, 64]', names })).toEqual({
      writer: 'Ultralytics',
      labels: ['tench', "Bohemian's waxwing"],
    });
    expect(of({ names: 'who knows' })).toBeUndefined();
    expect(of({})).toBeUndefined();
  });
});

test.each([
  ["{0: 'a', 1: 'b'}", ['a', 'b']],
  ["{1: 'b', 0: 'a'}", ['a', 'b']],
  ['{0: "it\'s", 1: \'a "b"\'}', ["it's", 'a "b"']],
  [String.raw`{0: 'it\'s', 1: 'caf\xe9', 2: 'a\\b\n'}`, ["it's", 'café', 'a\\b\n']],
  ['{"0": "a", "1": "b, c"}', ['a', 'b, c']],
  ["['a', 'b']", ['a', 'b']],
  ['["a", "b",]', ['a', 'b']],
  ["{0: 'a', 2: 'c'}", undefined],
  ["{0: 'a' 1: 'b'}", undefined],
  ['{0: a}', undefined],
  ['{}', undefined],
  ["'a'", undefined],
])('names %s', (text, want) => {
  expect(pythonNames(text)).toEqual(want);
});

describe("ONNX's own keys for images", () => {
  test.each([
    ['NominalRange_0_255', 'Bgr8', { scale: 1, mean: [0, 0, 0], std: [1, 1, 1], channels: 'BGR' }],
    ['Normalized_0_1', 'Rgb8', { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], channels: 'RGB' }],
    ['Normalized_1_1', 'Rgb8', { scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }],
  ])('%s, %s', (range, format, want) => {
    const found = of({ 'Image.NominalPixelRange': range, 'Image.BitmapPixelFormat': format });
    expect(found).toMatchObject({ writer: 'ONNX', preprocessing: { size: [64, 64], ...want } });
  });

  test('an unsupported range gives no preprocessing', () => {
    expect(of({ 'Image.NominalPixelRange': 'NominalRange_16_235' })).toBeUndefined();
  });
});
