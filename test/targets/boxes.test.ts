// Detections in outputs given by hand.
import { describe, expect, test } from 'vitest';
import { shownScores } from '../../src/targets/index.js';
import { errorOf } from '../onnx/small.js';
import { generator } from '../random.js';
import { chosen, context, passOf } from './pass.js';

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

  test.each([
    ['v5', [3, 4], 'expected detections of the form v5, [n, A, 5 + C], got [n, 3, 4]'],
    ['v8', [4, 9], 'expected detections of the form v8, [n, 4 + C, A], got [n, 4, 9]'],
    ['detr', [3, 1], 'expected detections of the form detr, [n, Q, C], got [n, 3, 1]'],
  ] as const)('%s of another shape, %j, is refused', (form, shape, text) => {
    const pass = passOf('box', [1, ...shape], new Float32Array(shape[0] * shape[1]));
    expect(errorOf(() => chosen(pass, 'box:0', 0, { ...context, boxes: { form } }))[1]).toContain(text);
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
