import { describe, expect, test } from 'vitest';
import { type ColorMapName, colorMap, colorMapNames, overlay } from '../../src/image/index.js';
import type { Picture } from '../../src/types.js';

const plain = (width: number, height: number, value = 100): Picture => {
  const data = new Uint8Array(width * height * 4).fill(value);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width, height };
};

const at = ({ data, width }: Picture, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];

describe('colour maps', () => {
  test('have 256 colours with the ends that their authors give', () => {
    const ends = (name: ColorMapName) => [...colorMap(name).subarray(0, 3), ...colorMap(name).subarray(765)];
    expect(ends('viridis')).toEqual([0x44, 0x01, 0x54, 0xfd, 0xe7, 0x25]);
    expect(ends('inferno')).toEqual([0, 0, 4, 0xfc, 0xff, 0xa4]);
    expect(ends('magma')).toEqual([0, 0, 4, 0xfc, 0xfd, 0xbf]);
    expect(ends('plasma')).toEqual([0x0d, 0x08, 0x87, 0xf0, 0xf9, 0x21]);
    // d3 computes cividis by a polynomial, so its ends are only near those of the authors' table.
    expect(ends('cividis')).toEqual([0, 32, 81, 253, 234, 69]);
    expect(ends('grey')).toEqual([0, 0, 0, 255, 255, 255]);
    expect(ends('jet')).toEqual([0, 0, 128, 128, 0, 0]);
    for (const name of colorMapNames) expect(colorMap(name).length).toBe(768);
  });

  test('the perceptually uniform ones grow lighter with every step', () => {
    for (const name of ['viridis', 'inferno', 'magma', 'plasma', 'cividis'] as const) {
      const table = colorMap(name);
      const light = Array.from(
        { length: 256 },
        (_, i) => 0.2126 * table[3 * i] + 0.7152 * table[3 * i + 1] + 0.0722 * table[3 * i + 2],
      );
      for (let i = 8; i < 256; i += 8) expect(light[i]).toBeGreaterThan(light[i - 8]);
    }
  });

  test('the diverging one is blue, white, red', () => {
    const table = colorMap('diverging');
    expect(table[2]).toBeGreaterThan(table[0]);
    expect(table[765]).toBeGreaterThan(table[767]);
    expect(Math.min(...table.subarray(3 * 127, 3 * 129))).toBeGreaterThan(235);
  });

  test('an unknown name is refused with the known ones', () => {
    // @ts-expect-error: what a JavaScript caller may pass
    expect(() => colorMap('rainbow')).toThrow(
      'colormap: expected one of turbo, jet, viridis, inferno, magma, plasma, cividis, grey, diverging, got "rainbow".',
    );
  });
});

describe('overlay', () => {
  const ramp = { saliency: Float32Array.from([0, 1]), shape: [1, 2] } as const;

  test('is stretched with half-pixel centres and repeated edges', () => {
    // Values 0, 1 over 8 pixels: samples at -0.25 … 1.25 in steps of 0.25.
    const whole = { x: 0, y: 0, width: 8, height: 1 };
    const { data } = overlay(plain(8, 1), ramp, whole, { colormap: 'grey', heatOnly: true });
    const values = Array.from({ length: 8 }, (_, x) => data[4 * x]);
    expect(values).toEqual([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1].map((v) => Math.round(v * 255)));
  });

  const one = { saliency: Float32Array.from([1]), shape: [1, 1] } as const;
  const hot = [...colorMap('turbo').subarray(765), 255];
  const columns = (picture: Picture, y: number): number[] =>
    Array.from({ length: picture.width }, (_, x) => at(picture, x, y)[0]);

  test('draws heat only in the view, a white and a black line around it, and leaves the rest as it is', () => {
    const view = { x: 3, y: 3, width: 4, height: 3 };
    const result = overlay(plain(10, 10), one, view, { alpha: 1 });
    expect([result.width, result.height]).toEqual([10, 10]);
    for (const [x, y] of [
      [3, 3],
      [6, 5],
    ])
      expect(at(result, x, y)).toEqual(hot);
    const [red] = hot;
    expect(columns(result, 0)).toEqual(Array(10).fill(100));
    expect(columns(result, 1)).toEqual([100, ...Array(8).fill(0), 100]);
    expect(columns(result, 2)).toEqual([100, 0, ...Array(6).fill(255), 0, 100]);
    expect(columns(result, 4)).toEqual([100, 0, 255, red, red, red, red, 255, 0, 100]);
    expect(columns(result, 6)).toEqual(columns(result, 2));
    expect(columns(result, 9)).toEqual(Array(10).fill(100));
    const bare = overlay(plain(10, 10), one, view, { alpha: 1, frame: false });
    expect(columns(bare, 4)).toEqual([100, 100, 100, red, red, red, red, 100, 100, 100]);
  });

  test("the frame grows with the picture, and has no line where the view reaches the picture's edge", () => {
    const wide = overlay(plain(1024, 8), one, { x: 200, y: 0, width: 700, height: 8 }, { alpha: 0 });
    expect([...columns(wide, 0).slice(195, 201), ...columns(wide, 7).slice(899, 906)]).toEqual([
      ...[100, 0, 0, 255, 255, 100],
      ...[100, 255, 255, 0, 0, 100, 100],
    ]);
    const whole = overlay(plain(9, 9), one, { x: -1, y: 0, width: 11, height: 9 }, { alpha: 0 });
    expect(whole.data).toEqual(Uint8ClampedArray.from(plain(9, 9).data));
  });

  test('heat alone is transparent outside the view', () => {
    const result = overlay(plain(4, 1), ramp, { x: 2, y: 0, width: 2, height: 1 }, { heatOnly: true });
    expect(at(result, 0, 0)).toEqual([0, 0, 0, 0]);
    expect(at(result, 3, 0)[3]).toBe(255);
  });

  test('alpha 0 leaves the picture as it is; cold pixels are more transparent than hot ones', () => {
    const whole = { x: 0, y: 0, width: 2, height: 1 };
    expect(overlay(plain(2, 1), ramp, whole, { alpha: 0 }).data).toEqual(
      Uint8ClampedArray.from(plain(2, 1).data),
    );
    const grey = overlay(plain(2, 1, 0), { saliency: Float32Array.from([0.5, 1]), shape: [1, 2] }, whole, {
      colormap: 'grey',
      alpha: 1,
    });
    expect(at(grey, 1, 0)[0]).toBe(255);
    expect(at(grey, 0, 0)[0]).toBe(Math.round(128 * (0.35 + 0.65 * 0.5)));
  });

  test('a view that reaches outside the picture shows its part of the map', () => {
    const { data } = overlay(
      plain(2, 1),
      ramp,
      { x: -1, y: 0, width: 4, height: 1 },
      { colormap: 'grey', heatOnly: true },
    );
    expect([data[0], data[4]]).toEqual([64, 191]);
  });

  test('signed maps are white at 0', () => {
    const signed = { saliency: Float32Array.from([0]), shape: [1, 1] } as const;
    const result = overlay(
      plain(1, 1),
      signed,
      { x: 0, y: 0, width: 1, height: 1 },
      { colormap: 'diverging', heatOnly: true },
    );
    expect(Math.min(...at(result, 0, 0))).toBeGreaterThan(235);
  });

  test('a map that does not fit its shape and an alpha out of range are refused', () => {
    const view = { x: 0, y: 0, width: 1, height: 1 };
    expect(() => overlay(plain(1, 1), { saliency: new Float32Array(3), shape: [2, 2] }, view)).toThrow(
      'overlay: expected 4 values (shape [2, 2]), got 3.',
    );
    expect(() => overlay(plain(1, 1), ramp, view, { alpha: 1.5 })).toThrow(
      'alpha: expected a number from 0 to 1, got 1.5.',
    );
  });
});
