import { CamError } from '../errors.js';
import type { Detection } from '../types.js';
import { boxForms, formOf, type Pairs } from './box-forms.js';
import { FixedTarget } from './fixed-target.js';
import type { BoxForm, TargetContext, TargetKind } from './kind.js';
import type { ScoredPass } from './scored-pass.js';

/** Boxes of one class that overlap by more are one detection. */
const MOST_OVERLAP = 0.45;

/** Detections that results list at most, and the least probability of these. */
const MOST_SHOWN = 20;
const LEAST_SHOWN = 0.05;

/** Pairs of anchor and class in falling score, found as far as they are asked for. */
class Ranking {
  private readonly left: Float32Array;
  private readonly found: { readonly anchor: number; readonly c: number }[] = [];

  constructor(readonly pairs: Pairs) {
    const { anchors, classes } = pairs;
    this.left = new Float32Array(anchors * classes);
    for (let c = 0; c < classes; c++)
      for (let a = 0; a < anchors; a++) this.left[c * anchors + a] = pairs.score(a, c);
  }

  /** The pair of a rank; `undefined` where there are fewer. */
  at(rank: number): { readonly anchor: number; readonly c: number } | undefined {
    const { left, pairs, found } = this;
    while (found.length <= rank) {
      let best = -1;
      for (let i = 0; i < left.length; i++)
        if (left[i] > (best < 0 ? Number.NEGATIVE_INFINITY : left[best])) best = i;
      if (best < 0) return undefined;
      const c = Math.floor(best / pairs.anchors);
      const anchor = best % pairs.anchors;
      found.push({ anchor, c });
      const own = pairs.box(anchor);
      left[best] = Number.NEGATIVE_INFINITY;
      for (let a = 0; a < pairs.anchors; a++)
        if (overlap(own, pairs.box(a)) > MOST_OVERLAP) left[c * pairs.anchors + a] = Number.NEGATIVE_INFINITY;
    }
    return found[rank];
  }

  detection(rank: number, labels: readonly string[] | undefined): Detection | undefined {
    const pair = this.at(rank);
    if (!pair) return undefined;
    const label = labels?.length === this.pairs.classes ? labels[pair.c] : undefined;
    const score = this.pairs.probability(pair.anchor, pair.c);
    return { index: pair.c, ...(label !== undefined && { label }), score, box: this.pairs.box(pair.anchor) };
  }
}

type Box = Detection['box'];

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Box) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

const rankings = new WeakMap<ScoredPass, Map<number, Ranking>>();

function rankingOf(pass: ScoredPass, at: number, { boxes, size }: TargetContext): Ranking {
  const ofPass = rankings.get(pass) ?? new Map<number, Ranking>();
  rankings.set(pass, ofPass);
  const known = ofPass.get(at);
  if (known) return known;
  const row = pass.tensor(pass.reader.explained, at);
  const form = boxes?.form ?? formOf(row.shape);
  expectForm(pass.reader.scores.graphOutput, form, row.shape);
  const made = new Ranking(
    boxForms[form](row, boxes?.tensor === undefined ? undefined : pass.tensor(boxes.tensor, at), size),
  );
  ofPass.set(at, made);
  return made;
}

/** Least lengths of the two axes of a form: the columns before the scores, and a class. */
const least: Record<BoxForm, readonly [number, number]> = {
  v8: [5, 1],
  v5: [1, 5],
  detr: [1, 2],
  rtdetr: [1, 1],
};

/** @throws {CamError} `target` for an output that cannot be of the form. */
function expectForm(output: string, form: BoxForm, shape: readonly number[]): void {
  const [rows, columns] = least[form];
  if (shape.length === 2 && shape[0] >= rows && shape[1] >= columns) return;
  throw new CamError(
    'target',
    `output "${output}": expected detections of the form ${form}, [n, ${form === 'v8' ? '4 + C, A' : form === 'v5' ? 'A, 5 + C' : 'Q, C'}], got [n, ${shape.join(', ')}]. Choose another form by "boxes" (--boxes), or another output by "output" (--output NAME).`,
  );
}

/** `box:K`: S is the score of the K-th best detection, after class-wise suppression of those that overlap. */
export const boxTarget: TargetKind = {
  choose: (spec, pass, at, context) => {
    const text = String(spec);
    const rank = /^box:\d{1,6}$/.test(text) ? Number(text.slice('box:'.length)) : -1;
    if (rank < 0)
      throw new CamError(
        'target',
        `target: expected the rank of a detection, as in box:0 (the best), got "${text}".`,
      );
    const ranking = rankingOf(pass, at, context);
    const pair = ranking.at(rank);
    const detection = ranking.detection(rank, context.labels);
    if (!pair || !detection)
      throw new CamError('target', `target ${text}: this picture has fewer detections. box:0 is the best.`);
    return new FixedTarget(
      text,
      spec,
      pass.reader.explained,
      ranking.pairs.target(pair.anchor, pair.c),
      detection,
    );
  },
  shown: (pass, at, context) => {
    const ranking = rankingOf(pass, at, context);
    const detections: Detection[] = [];
    while (detections.length < MOST_SHOWN) {
      const next = ranking.detection(detections.length, context.labels);
      if (!next || (next.score < LEAST_SHOWN && detections.length > 0)) break;
      detections.push(next);
    }
    return { scores: new Float32Array(0), probabilities: new Float64Array(0), detections };
  },
};
