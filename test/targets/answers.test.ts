// Targets that are no class, on outputs given by hand.
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/onnx/index.js';
import { type AnyTarget, shownScores } from '../../src/targets/index.js';
import { errorOf } from '../onnx/small.js';
import { generator } from '../random.js';
import { chosen, context, passOf } from './pass.js';

/** S at a row, its cotangent, and finite differences of S. */
function expectSlopes(answer: Answer, shape: readonly number[], data: Float32Array, target: AnyTarget) {
  const pass = passOf(answer, shape, data);
  const found = chosen(pass, target);
  const { cotangent, score } = found.evaluate(pass, 0);
  const step = 1e-2;
  data.forEach((_, i) => {
    const moved = (by: number) => {
      const other = passOf(
        answer,
        shape,
        data.map((value, at) => (at === i ? value + by : value)),
      );
      return found.evaluate(other, 0).score;
    };
    expect(cotangent[i]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 2);
  });
  return score;
}

const noise = (length: number, seed: number) => {
  const next = generator(seed);
  return Float32Array.from({ length }, () => next() + 0.1);
};

describe('value', () => {
  const pass = passOf('value', [2, 3], [1, 2, 3, 4, 5, 6]);

  test('S is a number of the row, whose slope is 1', () => {
    const target = chosen(pass, 'value:2', 1);
    expect(target.evaluate(pass, 1).score).toBe(6);
    expect([...target.evaluate(pass, 1).cotangent]).toEqual([0, 0, 1]);
    expect(target.describe(pass, 1)).toEqual({ index: 2, name: 'value:2', score: 6, value: 6 });
  });

  test.each(['value', 'value:3', 'value:x'])('%s of three numbers is refused', (target) => {
    expect(errorOf(() => chosen(pass, target))[1]).toContain('value:0 to value:2');
  });

  test('value is the one number of a row of one', () => {
    const one = passOf('value', [2, 1], [7, 8]);
    expect(chosen(one, 'value', 1).evaluate(one, 1).score).toBe(8);
  });
});

describe('pixels', () => {
  // Two classes over 2 × 2 pixels: class 1 wins the first and the last; the third is a tie, for class 0.
  const pass = passOf('pixels', [1, 2, 2, 2], [1, 4, 2, 0, 3, 1, 2, 5]);

  test('S is the sum of the logits where the class wins', () => {
    const target = chosen(pass, 'pixels:1');
    expect(target.evaluate(pass, 0).score).toBe(8);
    expect([...target.evaluate(pass, 0).cotangent]).toEqual([0, 0, 0, 0, 1, 0, 0, 1]);
    expect(target.describe(pass, 0)).toMatchObject({ index: 1, pixels: 2 });
    expect(chosen(pass, 'pixels:0').evaluate(pass, 0).score).toBe(6);
  });

  test('the choice is held fixed', () => {
    const target = chosen(pass, 'pixels:1');
    const other = passOf('pixels', [1, 2, 2, 2], [9, 9, 9, 9, 1, 2, 3, 4]);
    expect(target.evaluate(other, 0).score).toBe(5);
  });

  test.each([
    ['[n, 1, H, W]', [1, 1, 2, 2]],
    ['[n, H, W]', [1, 2, 2]],
  ])('one channel %s: class 1 above 0, class 0 its complement', (_, shape) => {
    const one = passOf('pixels', shape, [1, -2, 3, 0]);
    const [on, off] = [chosen(one, 'pixels:1'), chosen(one, 'pixels:0')];
    expect([on.evaluate(one, 0).score, off.evaluate(one, 0).score]).toEqual([4, 2]);
    expect([...off.evaluate(one, 0).cotangent]).toEqual([0, -1, 0, -1].map((x) => x + 0));
  });

  test('labels name classes; a class without pixels is said', () => {
    const labelled = { ...context, labels: ['sky', 'road', 'car'] };
    const three = passOf('pixels', [1, 3, 1, 2], [1, 0, 0, 1, -1, -1]);
    expect(chosen(three, 'pixels:road', 0, labelled).describe(three, 0)).toMatchObject({
      index: 1,
      label: 'road',
    });
    expect(errorOf(() => chosen(three, 'pixels:car', 0, labelled))[1]).toBe(
      'target pixels:car: no pixel of this picture is of class 2 (car). The largest is class 0.',
    );
    expect(shownScores(three, 0, labelled)).toMatchObject({ scores: Float32Array.of(1, 1, 0) });
  });
});

describe('like', () => {
  test('the cosine, and its slopes by finite differences', () => {
    const [e, v] = [noise(5, 1), noise(5, 2)];
    const score = expectSlopes('like', [1, 5], e, { like: v });
    const dot = e.reduce((sum, x, i) => sum + x * v[i], 0);
    expect(score).toBeCloseTo(dot / (Math.hypot(...e) * Math.hypot(...v)), 6);
  });

  test.each<[string, readonly number[], string]>([
    ['another length', [1, 2], 'got 2'],
    ['not finite', [1, Number.NaN, 0], 'got the number NaN'],
    ['zeros', [0, 0, 0], 'got zeros only'],
  ])('%s is refused', (_, like, text) => {
    const pass = passOf('like', [1, 3], [1, 2, 3]);
    expect(errorOf(() => chosen(pass, { like }))[1]).toContain(text);
  });
});

test('a likeness of an output that is all 0 has no direction', () => {
  const pass = passOf('like', [2, 3], [0, 0, 0, 1, 2, 3]);
  expect(errorOf(() => chosen(pass, { like: [1, 0, 0], name: 'like:a.npy' }))[1]).toBe(
    'target like:a.npy: output "y" of this picture is all 0: it has no direction to compare.',
  );
  expect(chosen(pass, { like: [1, 2, 3] }, 1).evaluate(pass, 1).score).toBeCloseTo(1, 6);
});

describe('sums and targets of your own', () => {
  const rows = {
    a: { dtype: 'float32' as const, shape: [1, 2], data: Float32Array.of(2, 3) },
    b: { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(5) },
  };

  test('a difference of two numbers', () => {
    const target = {
      sum: [
        { weight: 1, target: 'value:0' },
        { weight: -2, target: 'value:2' },
      ],
    };
    expect(expectSlopes('value', [1, 3], Float32Array.of(1, 2, 3), target)).toBe(-5);
  });

  test('a function of two outputs, laid out one after the other', () => {
    const pass = passOf('outputs', [1, 3], [2, 3, 5], rows);
    const target: AnyTarget = {
      outputs: ['a', 'b'],
      evaluate: ({ a, b }) => ({
        score: a.data[0] * b.data[0],
        cotangents: { a: [b.data[0], 0], b: [a.data[0]] },
      }),
    };
    const found = chosen(pass, target).evaluate(pass, 0);
    expect([found.score, ...found.cotangent]).toEqual([10, 5, 0, 2]);
    const wrong: AnyTarget = { outputs: ['a', 'b'], evaluate: () => ({ score: 1, cotangents: { a: [1] } }) };
    expect(errorOf(() => chosen(pass, wrong).evaluate(pass, 0).cotangent)[1]).toContain(
      'expected 2 numbers, got 1',
    );
  });

  test('the row has the outputs of all targets, each takes its own', () => {
    const pass = passOf('outputs', [1, 3], [2, 3, 5], rows);
    const onlyB: AnyTarget = {
      outputs: ['b'],
      evaluate: ({ b }) => ({ score: 3 * b.data[0], cotangents: { b: [3] } }),
    };
    const found = chosen(pass, onlyB).evaluate(pass, 0);
    expect([found.score, ...found.cotangent]).toEqual([15, 0, 0, 3]);
  });

  test.each<[string, unknown, string]>([
    ['none', undefined, 'expected numbers for "a", "b", got none'],
    ['of an output that was not asked for', { A: [1, 1] }, 'got some for "A"'],
    ['not finite', { a: [1, Number.NaN] }, 'expected 2 finite numbers, got NaN'],
  ])('cotangents: %s', (_, cotangents, text) => {
    const pass = passOf('outputs', [1, 3], [2, 3, 5], rows);
    const target = { outputs: ['a', 'b'], evaluate: () => ({ score: 1, cotangents }) } as AnyTarget;
    expect(errorOf(() => chosen(pass, target).evaluate(pass, 0).cotangent)[1]).toContain(text);
  });

  test('several classes in a sum are refused', () => {
    const pass = passOf(undefined, [1, 3], [1, 2, 3]);
    const target = { sum: [{ weight: 1, target: 'top2' }] };
    expect(errorOf(() => chosen(pass, target))[1]).toContain('expected single targets in a sum, got "top2"');
  });

  test('another kind than the model was opened for is refused', () => {
    const pass = passOf('value', [1, 2], [1, 2]);
    expect(errorOf(() => chosen(pass, 'box:0'))[1]).toContain(
      'the kind that the model was opened for (value)',
    );
    expect(errorOf(() => chosen(pass, 1))[1]).toContain('got "1"');
  });
});
