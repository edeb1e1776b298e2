import { describe, expect, test } from 'vitest';
import {
  defaultPreprocessing,
  gray8,
  grayOfTensor,
  pictureOfTensor,
  preprocess,
  viewOf,
} from '../../src/image/index.js';
import type { Picture, Preprocessing } from '../../src/types.js';

const picture = (
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly number[],
): Picture => ({
  data: Uint8Array.from(
    Array.from({ length: width * height }, (_, i) => colour(i % width, Math.floor(i / width))).flat(),
  ),
  width,
  height,
});

const identity: Preprocessing = {
  size: [2, 2],
  resize: 'exact',
  interpolation: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  scale: 1,
  channels: 'RGB',
};

describe('preprocess', () => {
  test('planes are red, green, blue; grey is (77R + 150G + 29B + 128) >> 8', () => {
    const source = picture(2, 2, (x, y) => [10 + x, 100 + y, 200 + x + y, 255]);
    const { tensor, gray } = preprocess(source, identity);
    expect([...tensor]).toEqual([10, 11, 10, 11, 100, 100, 101, 101, 200, 201, 201, 202]);
    expect(gray[0]).toBe((77 * 10 + 150 * 100 + 29 * 200 + 128) >> 8);
    expect(gray[3]).toBe((77 * 11 + 150 * 101 + 29 * 202 + 128) >> 8);
  });

  test('BGR reverses the planes but not the grey; mean and std follow the planes', () => {
    const source = picture(2, 2, () => [10, 100, 200, 255]);
    const { tensor, gray } = preprocess(source, {
      ...identity,
      channels: 'BGR',
      mean: [1, 2, 3],
      std: [2, 4, 8],
    });
    expect([tensor[0], tensor[4], tensor[8]]).toEqual([99.5, 24.5, 0.875]);
    expect(gray[0]).toBe(gray8(10, 100, 200));
  });

  test('GRAY has one plane, which is its own grey', () => {
    const { tensor, gray } = preprocess(
      picture(2, 2, () => [255, 0, 0, 255]),
      { ...identity, channels: 'GRAY', mean: [0], std: [1] },
    );
    expect([...tensor]).toEqual([76, 76, 76, 76]);
    expect([...gray]).toEqual([76, 76, 76, 76]);
  });

  test('transparent pixels become white, half transparent ones half white', () => {
    const { tensor } = preprocess(
      picture(2, 2, (x) => (x === 0 ? [0, 0, 0, 0] : [0, 100, 255, 128])),
      identity,
    );
    expect([tensor[0], tensor[4], tensor[8]]).toEqual([255, 255, 255]);
    expect([tensor[1], tensor[5], tensor[9]]).toEqual([127, 177, 255]);
  });

  test('values are (v / 255 - mean) / std in float32', () => {
    const { tensor } = preprocess(
      picture(1, 1, () => [255, 0, 128, 255]),
      { ...defaultPreprocessing([1, 1], 3), resize: 'exact' },
    );
    expect([...tensor]).toEqual(
      [(1 - 0.485) / 0.229, -0.456 / 0.224, (128 / 255 - 0.406) / 0.225].map(Math.fround),
    );
  });

  test('a 1 × 1 picture fills the input', () => {
    const { tensor, gray, view } = preprocess(
      picture(1, 1, () => [9, 9, 9, 255]),
      { ...identity, size: [4, 6], resize: 'shortest', shortestEdge: 8 },
    );
    expect(new Set(tensor)).toEqual(new Set([9]));
    expect(gray.length).toBe(24);
    expect(view).toEqual({ x: 0.125, y: 0.25, width: 0.75, height: 0.5 });
  });

  test('a picture of 1 × 20000 is cropped without resizing all of it', () => {
    const { tensor } = preprocess(
      picture(1, 20000, (_, y) => [y === 0 ? 255 : 40, 0, 0, 255]),
      defaultPreprocessing([224, 224], 3),
    );
    expect(tensor.length).toBe(3 * 224 * 224);
    expect(tensor[0]).toBe(Math.fround((40 / 255 - 0.485) / 0.229));
  });

  test('a crop larger than the resized picture is padded with black, as torchvision pads', () => {
    // Resized to 3 × 3, crop 6 × 6: one more pixel of padding after than before.
    const { tensor, view } = preprocess(
      picture(3, 3, () => [200, 200, 200, 255]),
      { ...identity, size: [6, 6], resize: 'shortest', shortestEdge: 3 },
    );
    const rows = Array.from({ length: 6 }, (_, y) => [...tensor.subarray(y * 6, y * 6 + 6)].join(' '));
    expect(rows).toEqual([
      '0 0 0 0 0 0',
      ...Array.from({ length: 3 }, () => '0 200 200 200 0 0'),
      '0 0 0 0 0 0',
      '0 0 0 0 0 0',
    ]);
    expect(view).toEqual({ x: -1, y: -1, width: 6, height: 6 });
  });

  test('a picture without pixels is refused', () => {
    expect(() => preprocess({ data: new Uint8Array(0), width: 0, height: 5 }, identity)).toThrow(
      'picture: expected width × height × 4 bytes (RGBA), got 0 × 5 and 0 bytes.',
    );
  });
});

describe('viewOf', () => {
  test('exact sees the whole picture', () => {
    expect(viewOf(640, 480, identity)).toEqual({ x: 0, y: 0, width: 640, height: 480 });
  });

  test('the ImageNet convention sees the middle 7/8 of the shorter side', () => {
    expect(viewOf(512, 256, defaultPreprocessing([224, 224], 3))).toEqual({
      x: 144,
      y: 16,
      width: 224,
      height: 224,
    });
  });

  test('half pixels of the crop are rounded to even, as in Python', () => {
    // 257 - 224 = 33 → 16; 255 - 224 = 31 → 16, both nearest to even.
    const at = (edge: number) =>
      viewOf(edge, edge, { ...defaultPreprocessing([224, 224], 3), shortestEdge: edge }).x;
    expect([at(257), at(255)]).toEqual([16, 16]);
  });
});

describe('grey of a tensor', () => {
  test("with mean and std it recovers the original picture's grey", () => {
    const source = picture(16, 16, (x, y) => [x * 16, y * 16, (x * y) % 256, 255]);
    for (const channels of ['RGB', 'BGR'] as const) {
      const preprocessing: Preprocessing = {
        ...defaultPreprocessing([16, 16], 3),
        resize: 'exact',
        channels,
      };
      const { tensor, gray } = preprocess(source, preprocessing);
      expect(grayOfTensor({ data: tensor, shape: [3, 16, 16] }, preprocessing)).toEqual(gray);
    }
  });

  test('a scale of 1 and values beyond 0..255 are undone and clamped', () => {
    const data = Float32Array.from([-300, 300, 128]);
    const normalisation = { mean: [0], std: [1], scale: 1, channels: 'GRAY' } as const;
    expect([...grayOfTensor({ data, shape: [1, 1, 3] }, normalisation)]).toEqual([0, 255, 128]);
  });

  test('unknown normalisation: each image is scaled by its own range over all channels; a flat one is 0', () => {
    const data = Float32Array.from([-1, 0, 1, 3, -1, -1, 5, 5, 5, 5, 5, 5]);
    const gray = grayOfTensor({ data, shape: [2, 3, 1, 2] });
    // First image: range -1..3, so (R, G, B) = (0, 128, 0) and (64, 255, 0).
    expect([...gray]).toEqual([gray8(0, 128, 0), gray8(64, 255, 0), 0, 0]);
  });

  test('other numbers of channels: their mean, rounded half up', () => {
    // Two channels of two pixels, scaled over both: 0, 51 and 255, 102.
    const data = Float32Array.of(-1, 0, 4, 1);
    expect([...grayOfTensor({ data, shape: [2, 1, 2] })]).toEqual([128, 77]); // 127.5, 76.5
    const many = { data: Float32Array.from({ length: 26 }, (_, i) => i % 2), shape: [1, 13, 1, 2] };
    expect([...grayOfTensor(many)]).toEqual([0, 255]);
    expect(pictureOfTensor(many).data).toEqual(Uint8ClampedArray.of(0, 0, 0, 255, 255, 255, 255, 255));
  });

  test('other shapes are refused, and the message says what fits', () => {
    expect(() => grayOfTensor({ data: new Float32Array(5), shape: [3, 2, 2] })).toThrow(
      'tensor: expected 12 values (shape [3, 2, 2]), got 5. Pass data and shape that fit.',
    );
    expect(() => grayOfTensor({ data: new Float32Array(4), shape: [1, 2, 2] }, { ...identity })).toThrow(
      "tensor: expected 3 channels (the preprocessing's mean and std), got 1.",
    );
  });
});

test('a tensor becomes the picture it was made of', () => {
  const source = picture(4, 3, (x, y) => [x * 50, y * 90, 7, 255]);
  const preprocessing: Preprocessing = { ...defaultPreprocessing([3, 4], 3), resize: 'exact' };
  const { tensor } = preprocess(source, preprocessing);
  const back = pictureOfTensor({ data: tensor, shape: [3, 3, 4] }, preprocessing);
  expect([back.width, back.height]).toEqual([4, 3]);
  expect([...back.data]).toEqual([...source.data]);
});

test('a tensor with its channels last becomes the same picture', () => {
  const [height, width] = [2, 4];
  const first = Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i));
  const last = Float32Array.from(
    { length: first.length },
    (_, i) => first[(i % 3) * height * width + Math.floor(i / 3)],
  );
  expect(pictureOfTensor({ data: last, shape: [height, width, 3] })).toEqual(
    pictureOfTensor({ data: first, shape: [3, height, width] }),
  );
});
