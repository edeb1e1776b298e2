import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colorMapNames, methods } from '../../src/index.js';
import { difference, formatState, type PageState, readState, sides } from '../../web/share/page-state.js';

const text = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' });
const anyState: fc.Arbitrary<PageState> = fc.record(
  {
    picture: text,
    model: text,
    classA: fc.oneof(fc.constant('predicted' as const), fc.nat(99_999)),
    classB: fc.oneof(fc.constant('none' as const), fc.nat(99_999)),
    side: fc.constantFrom(...sides),
    methods: fc.uniqueArray(fc.constantFrom(...Object.keys(methods)), { minLength: 1 }),
    shown: fc.constantFrom(...Object.keys(methods)),
    layer: text,
    colormap: fc.constantFrom(...colorMapNames),
    opacity: fc.integer({ min: 0, max: 100 }),
    cover: fc.integer({ min: 0, max: 100 }),
  },
  { requiredKeys: [] },
);

test('what is written is what is read, through a browser’s address', () => {
  fc.assert(
    fc.property(anyState, (state) => {
      const { hash } = new URL(`https://page/folder/${formatState(state)}`);
      expect(readState(hash)).toEqual({ state, problems: [] });
    }),
  );
});

test('an address is readable', () => {
  const state = { picture: 'cat 1.jpg', layer: '/f/f.5/Relu_output_0', methods: ['mi-cam', 'grad-cam++'] };
  expect(formatState(state)).toBe(
    '#picture=cat%201.jpg&methods=mi-cam,grad-cam%2B%2B&layer=/f/f.5/Relu_output_0',
  );
  expect(formatState({})).toBe('');
});

describe('what is no value is left out, and said', () => {
  test.for([
    ['class=-1', 'class: expected the number of a class or "predicted", got "-1".'],
    ['class=1e9', 'class: expected the number of a class or "predicted", got "1e9".'],
    ['class=NaN', 'class: expected the number of a class or "predicted", got "NaN".'],
    ['against=', 'against: expected the number of a class or "none", got "".'],
    ['opacity=101', 'opacity: expected a number from 0 to 100, got "101".'],
    ['cover=Infinity', 'cover: expected a number from 0 to 100, got "Infinity".'],
    [
      'methods=grad-cam,nonsense',
      'methods: expected names of methods with commas between them, got "grad-cam,nonsense".',
    ],
    ['method=toString', 'method: expected mi-cam, cam,'],
    ['side=C', 'side: expected A, B, A-B, got "C".'],
    ['__proto__=1', '"__proto__" is nothing that the page knows.'],
    ['constructor=1', '"constructor" is nothing that the page knows.'],
    [
      `layer=${'a'.repeat(201)}`,
      `layer: expected a name of at most 200 characters, got "${'a'.repeat(39)}…".`,
    ],
    ['%', '"%" is nothing that the page knows.'],
  ])('#%s', ([hash, problem]) => {
    const { state, problems } = readState(`#${hash}&picture=bird-03`);
    expect(state).toEqual({ picture: 'bird-03' });
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test('any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (hash) => {
        const { state } = readState(hash);
        expect(readState(formatState(state)).state).toEqual(state);
      }),
    );
  });
});

test('an address says only what differs from how the page begins', () => {
  const start = { picture: 'stacked-0', methods: ['mi-cam', 'grad-cam'], opacity: 60 };
  expect(difference({ ...start, methods: ['mi-cam', 'grad-cam'] }, start)).toEqual({});
  expect(difference({ ...start, methods: ['grad-cam'], classA: 3 }, start)).toEqual({
    methods: ['grad-cam'],
    classA: 3,
  });
});
