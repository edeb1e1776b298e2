// Targets that are no class, on outputs given by hand.
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/onnx/index.js';
import type { RuntimeTensor } from '../../src/runtime/index.js';
import {
  AnswerReader,
  type AnyTarget,
  chooseTargets,
  ScoredPass,
  shownScores,
  type TargetContext,
} from '../../src/targets/index.js';
import { errorOf } from '../onnx/small.js';
import { generator } from '../random.js';

const context: TargetContext = { size: [100, 200] };

function passOf(
  answer: Answer,
  shape: readonly number[],
  data: ArrayLike<number>,
  more: Record<string, RuntimeTensor> = {},
) {
  const scores = {
    ...{ graphOutput: 'y', output: 'y', logits: 'y', answer, activation: 'none' as const },
    ...{ guessed: false, scale: 1, onePerPass: false, remarks: [] },
  };
  const outputs = { y: { dtype: 'float32' as const, shape, data: Float32Array.from(data) }, ...more };
  return new ScoredPass(new AnswerReader(scores, Object.keys(more)), outputs, shape[0]);
}

const chosen = (pass: ScoredPass, target: AnyTarget, at = 0, of = context) =>
  chooseTargets([target], pass, at, of)[0];

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

/** Boxes as centre, width and height. */
const boxes = [
  [50, 50, 20, 20],
  [52, 50, 20, 20], // overlaps the first by 0.82
  [150, 50, 20, 20],
];
/** Scores of two classes. */
const classes = [
  [0.9, 0.3],
  [0.8, 0.7],
  [0.1, 0.6],
];
/** In falling score, after class-wise suppression: [anchor, class, score]. */
const ranked = [
  [0, 0, 0.9],
  [1, 1, 0.7],
  [2, 1, 0.6],
  [2, 0, 0.1],
] as const;

const transposed = (rows: readonly (readonly number[])[]) => rows[0].map((_, c) => rows.map((row) => row[c]));
const v8 = () => passOf('box', [1, 6, 3], transposed(boxes.map((box, i) => [...box, ...classes[i]])).flat());
const v5 = () =>
  passOf(
    'box',
    [1, 8, 7],
    [...boxes, ...boxes.slice(0, 2).map(() => [0, 0, 1, 1]), ...boxes.map(() => [0, 0, 1, 1])].flatMap(
      (box, i) => [...box, 0.5, ...(classes[i] ?? [0, 0])],
    ),
  );

describe('box', () => {
  test('v8: the order, the boxes and the classes', () => {
    const pass = v8();
    // Fewer anchors than rows: the shape alone would say v5.
    const ofV8 = { ...context, boxes: { form: 'v8' as const } };
    ranked.forEach(([anchor, c, score], k) => {
      const target = chosen(pass, `box:${k}`, 0, ofV8);
      expect(target.evaluate(pass, 0).score).toBeCloseTo(score, 6);
      expect(target.evaluate(pass, 0).cotangent.indexOf(1)).toBe((4 + c) * 3 + anchor);
      const [x, y, w, h] = boxes[anchor];
      expect(target.describe(pass, 0).box).toEqual([x - w / 2, y - h / 2, x + w / 2, y + h / 2]);
    });
    expect(errorOf(() => chosen(pass, 'box:4', 0, ofV8))[1]).toContain('fewer detections');
    expect(shownScores(pass, 0, ofV8).detections).toHaveLength(4);
  });

  test('v5: objectness × class, with the slope of the product', () => {
    const pass = v5();
    const target = chosen(pass, 'box:1');
    const { score, cotangent } = target.evaluate(pass, 0);
    expect(score).toBeCloseTo(0.35, 6);
    const slopes = [...cotangent].flatMap((value, i) => (value === 0 ? [] : [[i, Number(value.toFixed(3))]]));
    expect(slopes).toEqual([
      [7 + 4, 0.7],
      [7 + 6, 0.5],
    ]);
  });

  test.each([
    ['detr', 'box:0', 1, 1, Math.exp(2) / (Math.exp(2) + Math.exp(1) + Math.exp(4))],
    ['rtdetr', 'box:0', 1, 2, 1 / (1 + Math.exp(-4))],
  ] as const)('%s: the last class is an object or not', (form, target, query, c, probability) => {
    const rows = [0, 1, 0, 1, 2, 4];
    const extent = {
      dtype: 'float32' as const,
      shape: [1, 2, 4],
      data: Float32Array.of(0.2, 0.2, 0.1, 0.1, 0.5, 0.5, 0.2, 0.4),
    };
    const pass = passOf('box', [1, 2, 3], rows, { boxes: extent });
    const of = { ...context, boxes: { form, tensor: 'boxes' } };
    const found = chosen(pass, target, 0, of);
    expect(found.evaluate(pass, 0).score).toBe(rows[query * 3 + c]);
    const described = found.describe(pass, 0);
    expect(described.index).toBe(c);
    expect(described.score).toBeCloseTo(probability, 5);
    const want = [80, 30, 120, 70];
    described.box?.forEach((value, i) => {
      expect(value).toBeCloseTo(want[i], 3);
    });
  });

  test('against an independent suppression, 40 anchors and 3 classes', () => {
    const next = generator(7);
    const found = Array.from({ length: 40 }, () => [
      next() * 60,
      next() * 60,
      10 + next() * 20,
      10 + next() * 20,
    ]);
    const of = Array.from({ length: 40 }, () => [next(), next(), next()]);
    const pass = passOf('box', [1, 7, 40], transposed(found.map((box, i) => [...box, ...of[i]])).flat());
    const pairs = of.flatMap((row, a) => row.map((score, c) => ({ a, c, score: Math.fround(score) })));
    const kept: typeof pairs = [];
    for (const pair of pairs.sort((x, y) => y.score - x.score))
      if (!kept.some((one) => one.c === pair.c && iou(found[one.a], found[pair.a]) > 0.45)) kept.push(pair);
    kept.forEach(({ a, c, score }, k) => {
      const target = chosen(pass, `box:${k}`);
      expect([target.index, target.evaluate(pass, 0).score]).toEqual([c, score]);
      expect(target.evaluate(pass, 0).cotangent[(4 + c) * 40 + a]).toBe(1);
    });
    expect(errorOf(() => chosen(pass, `box:${kept.length}`))[1]).toContain('fewer detections');
  });
});

function iou(a: readonly number[], b: readonly number[]): number {
  const span = (i: number) =>
    Math.min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2) - Math.max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2);
  const [w, h] = [Math.max(0, span(0)), Math.max(0, span(1))];
  return (w * h) / (a[2] * a[3] + b[2] * b[3] - w * h);
}

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

describe('sums and targets of your own', () => {
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
    const more = {
      a: { dtype: 'float32' as const, shape: [1, 2], data: Float32Array.of(2, 3) },
      b: { dtype: 'float32' as const, shape: [1, 1], data: Float32Array.of(5) },
    };
    const pass = passOf('outputs', [1, 3], [2, 3, 5], more);
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

  test('another kind than the model was opened for is refused', () => {
    const pass = passOf('value', [1, 2], [1, 2]);
    expect(errorOf(() => chosen(pass, 'box:0'))[1]).toContain(
      'the kind that the model was opened for (value)',
    );
    expect(errorOf(() => chosen(pass, 1))[1]).toContain('got "1"');
  });
});
