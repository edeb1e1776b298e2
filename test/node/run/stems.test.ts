import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../../src/node/inputs/input.js';
import { imageCount, imageStem } from '../../../src/node/inputs/input.js';
import { folded, withDistinctStems } from '../../../src/node/run/stems.js';

const input = (path: string, images = 1): Input => {
  const stem = path.replace(/^\w:/, '').replace(/\.[^./]*$/, '');
  if (!path.endsWith('.npy')) return { kind: 'picture', path, stem };
  const shape = [images, 3, 1, 1];
  return {
    kind: 'tensor',
    path,
    stem,
    images: { path, shape, offset: 0, count: images, imageShape: [3, 1, 1] },
  };
};

const stemsOf = (...paths: readonly (string | Input)[]): string[] => {
  const inputs = paths.map((path) => (typeof path === 'string' ? input(path) : path));
  return withDistinctStems(inputs).inputs.map((one) => (one.kind === 'failed' ? '!' : one.stem));
};

describe('stems', () => {
  test('stay unchanged where all differ', () => {
    expect(stemsOf('a.jpg', 'b.jpg', 'd/a.jpg')).toEqual(['a', 'b', 'd/a']);
  });

  test.each([
    ['two endings', ['a.jpg', 'a.png'], ['a', 'a.png']],
    ['the same file over and over', ['d/a.png', 'd/a.png', 'd/a.png'], ['d/a', 'd/a.png', 'd/a.png-2']],
    ['two folders', ['1:x/a.png', '2:x/a.png', '2:x/b.png'], ['x/a', 'x/a.png', 'x/b']],
    ['a file truly called so', ['a.jpg', 'a.jpg.png', 'a.png'], ['a', 'a.jpg', 'a.png']],
    ['a file truly called so comes last', ['a.png', 'a.jpg', 'a.jpg.png'], ['a', 'a.jpg-2', 'a.jpg']],
    ['capitals', ['A.jpg', 'a.jpg', 'D/x.png', 'd/X.png'], ['A', 'a.jpg', 'D/x', 'd/X.png']],
    ['accents written in two ways', ['\u00e9.png', 'e\u0301.png'], ['\u00e9', 'e\u0301.png']],
  ])('%s', (_, paths, expected) => {
    expect(stemsOf(...paths)).toEqual(expected);
  });

  test('images of a tensor are distinguished from pictures of the same names', () => {
    expect(stemsOf(input('a.npy', 2), 'a.1.png', 'a.2.png')).toEqual(['a', 'a.1.png', 'a.2']);
    expect(stemsOf('a.1.png', input('a.npy', 2))).toEqual(['a.1', 'a.npy']);
  });

  test('failed inputs have none', () => {
    expect(stemsOf('a.png', { kind: 'failed', path: 'a.jpg', error: 'x' }, 'a.gif')).toEqual([
      'a',
      '!',
      'a.gif',
    ]);
  });

  test('reports which inputs were renamed', () => {
    expect(withDistinctStems([input('a.jpg'), input('a.png'), input('b.png')]).renamed).toEqual([
      { path: 'a.png', stem: 'a.png' },
    ]);
  });

  test('the time per input does not grow with the number of equal names', () => {
    const stems = stemsOf(...Array.from({ length: 20_000 }, () => 'a.png'));
    expect(new Set(stems).size).toBe(20_000);
  });

  test('for any set: no two images share a name, and the first of each name keeps it', () => {
    const name = fc.stringMatching(/^[ab]{1,2}(\.(png|jpg|[01])){0,2}(-2)?\.(png|PNG|jpg|npy)$/);
    const some = fc.array(fc.record({ name, images: fc.integer({ min: 1, max: 3 }) }), { maxLength: 12 });
    fc.assert(
      fc.property(some, (found) => {
        const before = found.map((one) => input(one.name, one.images));
        const { inputs } = withDistinctStems(before);
        const names = inputs.flatMap((one) => {
          if (one.kind === 'failed') return [];
          const images = Array.from({ length: imageCount(one) }, (_, i) => imageStem(one, i));
          return [...new Set([one.stem, ...images])].map(folded);
        });
        expect(new Set(names).size).toBe(names.length);
        if (inputs.length > 0) expect(inputs[0]).toBe(before[0]);
      }),
    );
  });
});
