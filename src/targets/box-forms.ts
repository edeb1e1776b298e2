/** How detectors lay out classes and boxes. */

import type { RowFunction } from './fixed-target.js';
import { weightedSum } from './fixed-target.js';
import type { BoxForm } from './kind.js';

/** The pairs of anchor (or query) and class of one picture. */
export interface Pairs {
  readonly anchors: number;
  readonly classes: number;
  /** S of a pair. */
  score(anchor: number, c: number): number;
  /** S as a function of the row. */
  target(anchor: number, c: number): RowFunction;
  /** Probability of a pair, 0..1. */
  probability(anchor: number, c: number): number;
  /** `[left, top, right, bottom]`, pixels of the network's input. */
  box(anchor: number): readonly [number, number, number, number];
}

export interface Row {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

type Size = readonly [height: number, width: number];

/** Reads a row of the output, with the tensor of boxes where that is another. */
type Read = (row: Row, boxes: Row | undefined, size: Size) => Pairs;

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Whether scores are probabilities already. */
const areProbabilities = (data: Float32Array): boolean => data.every((value) => value >= 0 && value <= 1);

const corners = (x: number, y: number, w: number, h: number) =>
  [x - w / 2, y - h / 2, x + w / 2, y + h / 2] as const;

const single = (i: number): RowFunction => weightedSum(new Map([[i, 1]]));

/** `[4 + C, A]`: centre, width, height, then the scores of the classes. */
const v8: Read = ({ data, shape: [rows, anchors] }) => {
  const at = (a: number, c: number) => (4 + c) * anchors + a;
  const given = areProbabilities(data.subarray(4 * anchors));
  return {
    anchors,
    classes: rows - 4,
    score: (a, c) => data[at(a, c)],
    target: (a, c) => single(at(a, c)),
    probability: (a, c) => (given ? data[at(a, c)] : sigmoid(data[at(a, c)])),
    box: (a) => corners(data[a], data[anchors + a], data[2 * anchors + a], data[3 * anchors + a]),
  };
};

/** `[A, 5 + C]`: centre, width, height, objectness, then the scores of the classes. S is their product. */
const v5: Read = ({ data, shape: [anchors, columns] }) => {
  const classes = columns - 5;
  const object = (a: number) => a * columns + 4;
  const at = (a: number, c: number) => a * columns + 5 + c;
  const product = (row: Float32Array, a: number, c: number) =>
    classes === 0 ? row[object(a)] : row[object(a)] * row[at(a, c)];
  return {
    anchors,
    classes: Math.max(1, classes),
    score: (a, c) => product(data, a, c),
    target: (a, c) =>
      classes === 0
        ? single(object(a))
        : {
            score: (row) => product(row, a, c),
            cotangent: (row) => {
              const made = new Float32Array(row.length);
              made[object(a)] = row[at(a, c)];
              made[at(a, c)] = row[object(a)];
              return made;
            },
          },
    probability: (a, c) => Math.min(1, Math.max(0, product(data, a, c))),
    box: (a) => {
      const [x, y, w, h] = data.subarray(a * columns, a * columns + 4);
      return corners(x, y, w, h);
    },
  };
};

/** `[Q, C]` beside boxes `[Q, 4]` in 0..1; with a last class that is no object, or without. */
const queries =
  (hasNoObject: boolean): Read =>
  ({ data, shape: [anchors, columns] }, boxes, [H, W]) => {
    const at = (q: number, c: number) => q * columns + c;
    const given = areProbabilities(data);
    const softmax = (q: number, c: number) => {
      const row = data.subarray(q * columns, (q + 1) * columns);
      const top = Math.max(...row);
      return Math.exp(row[c] - top) / row.reduce((sum, z) => sum + Math.exp(z - top), 0);
    };
    return {
      anchors,
      classes: hasNoObject ? columns - 1 : columns,
      score: (q, c) => data[at(q, c)],
      target: (q, c) => single(at(q, c)),
      probability: (q, c) => (given ? data[at(q, c)] : hasNoObject ? softmax(q, c) : sigmoid(data[at(q, c)])),
      box: (q) => {
        const [x, y, w, h] = boxes?.data.subarray(4 * q, 4 * q + 4) ?? [0, 0, 0, 0];
        return corners(x * W, y * H, w * W, h * H);
      },
    };
  };

/** By form. */
export const boxForms: Record<BoxForm, Read> = { v5, v8, detr: queries(true), rtdetr: queries(false) };

/** The form of an output of this shape, without the axis of pictures: the shorter axis has the classes. */
export const formOf = ([rows, columns]: readonly number[]): BoxForm => (rows <= columns ? 'v8' : 'v5');
