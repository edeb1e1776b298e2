import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { colorMap } from '../../src/image/index.js';
import { posterPng } from '../../src/node/outputs/poster.js';
import { posterSvg } from '../../src/poster/index.js';
import type { Picture } from '../../src/types.js';
import { temporaryFolder } from '../node/folder.js';
import { drawn, elementsOf, explained, linesOf, plain, poster, ramp, tilesOf } from './content.js';

const two = explained(
  207,
  'golden retriever, retriever',
  0.932,
  ramp('grad-cam'),
  ramp('mi-cam', { classAgnostic: true }),
);

/** A picture as in browsers: width and height are getters of its prototype. */
class ImageDataLike {
  constructor(private readonly picture: Picture) {}
  get data() {
    return this.picture.data;
  }
  get width() {
    return this.picture.width;
  }
  get height() {
    return this.picture.height;
  }
}

test('an ImageData makes the same poster', async () => {
  const grey = plain(300, 200);
  const [one, other] = await Promise.all(
    [grey, new ImageDataLike(grey)].map(async (picture) => (await drawn(poster([two], { picture }))).svg),
  );
  expect(other).toBe(one);
});

describe('what a poster says', () => {
  test('of one class: file, class, probability, methods, scale, model and layer', async () => {
    const { svg, width } = await drawn(poster([two]));
    expect(width).toBe(1200);
    expect(linesOf(svg)).toEqual([
      'photo.jpg',
      'golden retriever',
      '93.2 %',
      'picture',
      'seen whole by the network',
      'grad-cam',
      'golden retriever',
      'mi-cam',
      'same for every class',
      '0',
      '1',
      'weakest to strongest, each map by itself',
      'model model.onnx',
      'layer conv5',
      'onnx-cam',
    ]);
    expect(tilesOf(svg)).toHaveLength(3);
  });

  test('of several classes: a map for each; maps that are the same for every class appear once', async () => {
    const maps = () => [ramp('grad-cam'), ramp('mi-cam', { classAgnostic: true })];
    const { svg } = await drawn(
      poster([explained(0, 'cat', 0.6, ...maps()), explained(1, 'dog', 0.3, ...maps())]),
    );
    const lines = linesOf(svg);
    expect(lines.slice(1, 5)).toEqual(['cat', '60.0 %', 'dog', '30.0 %']);
    expect(lines.slice(7, 13)).toEqual([
      'grad-cam',
      'cat',
      'grad-cam',
      'dog',
      'mi-cam',
      'same for every class',
    ]);
    expect(tilesOf(svg)).toHaveLength(4);
  });

  test('of many classes: the heading names eight, and all maps are there', async () => {
    const many = Array.from({ length: 12 }, (_, i) => explained(i, undefined, 0.05, ramp('grad-cam')));
    const { svg } = await drawn(poster(many));
    expect(linesOf(svg)).toContain('and 4 more');
    expect(tilesOf(svg)).toHaveLength(13);
  });

  test('of a flat map: that it is flat, and why', async () => {
    const note = 'layer "conv5": the map is flat: all 49 values are ≤ 0. Try layer "conv4".';
    const flat = ramp('grad-cam', { saliency: new Float32Array(64), diagnostics: [note] });
    const { svg } = await drawn(poster([explained(1, 'cat', 0.5, flat)]));
    expect(linesOf(svg)).toContain('flat map: see below');
    expect(linesOf(svg)).toContain(`grad-cam: ${note.replace('≤', '<=')}`);
  });

  test('of probabilities and signed maps: their own scales, the signed one diverging', async () => {
    const signed = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? -0.02 : 0.04));
    const { svg, at } = await drawn(
      poster([
        explained(
          1,
          'cat',
          0.5,
          ramp('calm', { values: 'probabilities', scale: 0.034 }),
          ramp('calm-counterfactual', { values: 'differences', saliency: signed }),
        ),
      ]),
      { heatOnly: true },
    );
    const lines = linesOf(svg);
    expect(lines).toEqual(expect.arrayContaining(['0.034', 'calm: probabilities', '−0.04', '0.04']));
    expect(lines).not.toContain('weakest to strongest, each map by itself');
    const [, calm, counterfactual] = tilesOf(svg);
    const right = ({ x, y, width, height }: typeof calm) => at(x + width - 2, y + height / 2);
    expect(right(calm)).toEqual([...colorMap('turbo').subarray(765)]);
    expect(right(counterfactual)).toEqual([...colorMap('diverging').subarray(765)]);
    // The lowest value lies half as far below 0 as the largest lies above.
    const left = at(counterfactual.x + 2, counterfactual.y + counterfactual.height / 2);
    expect(left).toEqual([...colorMap('diverging').subarray(3 * 64, 3 * 65)]);
  });

  test.for([
    [0.00001, '< 0.1 %'],
    [0.99999, '> 99.9 %'],
    [1, '100.0 %'],
    [0, '0.0 %'],
    [-12.3456, '−12.3'],
    [1e9, '1000000000'],
  ] as const)('a score of %d is %s', async ([score, text]) => {
    expect(linesOf((await drawn(poster([explained(1, 'cat', score, ramp('cam'))]))).svg)[2]).toBe(text);
  });
});

describe('the picture', () => {
  const crop = { x: 50, y: 0, width: 200, height: 200 };

  test('has on every tile a white frame around what the network sees, and names it', async () => {
    const { svg, at } = await drawn(poster([two], { view: crop }), { alpha: 0 });
    expect(linesOf(svg)).toContain('seen by the network');
    for (const { x, y, width, height } of tilesOf(svg)) {
      const left = x + (width * 50) / 300;
      const middle = y + height / 2;
      const column = (from: number) => Array.from({ length: 9 }, (_, i) => at(from - 4 + i, middle)[0]);
      expect(column(left).join()).toContain('0,255,0');
      expect(column(left - 20)).toEqual(Array(9).fill(128));
      expect(column(left + 20)).toEqual(Array(9).fill(128));
    }
  });

  test('that is seen whole has no frame; a padded one says so', async () => {
    const { at, svg } = await drawn(poster([two]), { alpha: 0 });
    const [{ x, y }] = tilesOf(svg);
    expect([at(x, y), at(x + 1, y + 1)]).toEqual([Array(3).fill(128), Array(3).fill(128)]);
    const padded = await drawn(poster([two], { view: { x: -20, y: 0, width: 340, height: 200 } }));
    expect(linesOf(padded.svg)).toContain('seen whole, with margins');
  });

  test("of a tensor is the network's input", async () => {
    const { svg } = await drawn(
      poster([two], {
        fromTensor: true,
        picture: plain(224, 224),
        view: { x: 0, y: 0, width: 224, height: 224 },
      }),
    );
    expect(linesOf(svg).slice(3, 5)).toEqual(['network input', '224 × 224']);
  });

  test('has square pixels where it is tiny, and a white ground where it is transparent', async () => {
    const data = new Uint8Array(4 * 4 * 4);
    for (let i = 0; i < 16; i++) data.set(i % 4 < 2 ? [0, 0, 0, 255] : [0, 0, 0, 0], 4 * i);
    const { svg, at } = await drawn(poster([two], { picture: { data, width: 4, height: 4 } }));
    const [{ x, y, width, height }] = tilesOf(svg);
    const [left, right] = [width / 2 - 2, width / 2 + 1].map((dx) => at(x + dx, y + height / 2));
    expect([left, right]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ]);
  });
});

test.for(['turbo', 'magma', 'cividis'] as const)(
  'the colour bar begins and ends with the ends of %s',
  async (colormap) => {
    const { svg, at } = await drawn(poster([two]), { colormap });
    const bar = elementsOf(svg).find(({ attributes }) => attributes.fill?.startsWith('url('));
    const [x, y, width] = ['x', 'y', 'width'].map((key) => Number(bar?.attributes[key]));
    const table = colorMap(colormap);
    const near = (colour: number[], row: number) =>
      expect(Math.max(...colour.map((value, c) => Math.abs(value - table[3 * row + c])))).toBeLessThanOrEqual(
        3,
      );
    near(at(Math.ceil(x), y + 10), 0);
    near(at(Math.floor(x + width) - 1, y + 10), 255);
    near(at(x + width / 2, y + 10), 127);
  },
);

describe('with 1 to 8 methods', () => {
  const shapes = [
    [300, 200],
    [200, 300],
    [900, 100],
    [100, 900],
    [32, 32],
    [2, 900],
  ] as const;
  test.for(shapes)(
    'tiles of a %d × %d picture keep its shape, do not overlap, and lie inside the poster',
    async ([width, height]) => {
      for (let methods = 1; methods <= 8; methods++) {
        const maps = Array.from({ length: methods }, (_, i) => ramp(`method-${i}`));
        const svg = await posterSvg(
          poster([explained(1, 'cat', 0.5, ...maps)], { picture: plain(width, height) }),
          async () => 'data:,',
        );
        const [, high] = /viewBox="0 0 1200 (\d+)"/.exec(svg) ?? [];
        const tiles = tilesOf(svg);
        expect(tiles).toHaveLength(methods + 1);
        tiles.forEach((tile, i) => {
          expect(tile.x + tile.width).toBeLessThanOrEqual(1200 - 36 + 0.5);
          expect(tile.y + tile.height + 80).toBeLessThanOrEqual(Number(high));
          // Up to rounding to whole pixels; a sliver has only few.
          expect(Math.abs(tile.width * height - tile.height * width)).toBeLessThanOrEqual(
            Math.max(width, height),
          );
          for (const other of tiles.slice(0, i))
            expect(
              other.x + other.width <= tile.x ||
                other.y + other.height + 80 <= tile.y ||
                tile.x + tile.width <= other.x,
            ).toBe(true);
        });
      }
    },
  );
});

test('a poster is the same on a machine without fonts', async () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const { svg } = await drawn(poster([two]));
  expect(svg).not.toMatch(/<text|<tspan|font-|<style/);
  const [config, file] = [join(folder, 'fonts.conf'), join(folder, 'poster.svg')];
  writeFileSync(
    config,
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>',
  );
  writeFileSync(file, svg);
  // Needs its own process: fontconfig reads its configuration only once.
  const script = `import sharp from 'sharp';
    const raw = await sharp(process.argv[1], { unlimited: true }).removeAlpha().raw().toBuffer();
    process.stdout.write(raw);`;
  const env = { ...process.env, FONTCONFIG_FILE: config, FONTCONFIG_PATH: folder };
  const bare = execFileSync(process.execPath, ['--input-type=module', '-e', script, file], {
    env,
    maxBuffer: 1e8,
  });
  const here = await sharp(await posterPng(poster([two])))
    .raw()
    .toBuffer();
  expect(bare.equals(here)).toBe(true);
});
