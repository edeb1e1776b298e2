import { CamError } from '../errors.js';
import { componentLevels } from './component-levels.js';
import { largestComponent } from './connected-components.js';
import { bestIou } from './iou.js';
import { expectThreshold, levelOf, maximum } from './level.js';
import { type Figure, figure, type Note } from './outcome.js';
import { expectPlane, type Plane } from './plane.js';
import { type Box, expectBox } from './region.js';

/** The default thresholds of box accuracy: 0, 0.01 … 0.99, as shares of the map's maximum. */
export const boxThresholds: readonly number[] = Array.from({ length: 100 }, (_, i) => i / 100);

/** How well one image's boxes fit, one entry per threshold. Box accuracy needs no more of an image. */
export interface BoxFit {
  /** Best IoU with a ground-truth box, one per threshold; `undefined` without annotation. */
  readonly ious: readonly number[] | undefined;
  readonly note?: Note;
}

export interface BoxFitOptions {
  /** Ascending, each 0 to 1. @default boxThresholds */
  readonly thresholds?: readonly number[];
  /**
   * Which components draw a box: the largest (MaxBoxAcc), or all, and the best box counts (V2).
   * @default 'largest'
   */
  readonly components?: 'largest' | 'all';
}

/**
 * IoU of a map's box with the ground truth at every threshold. The box is that of an 8-connected component of
 * `saliency ≥ threshold × max`.
 *
 * map `[H, W]`; boxes in its pixels. An empty map draws no box: IoU 0 at every threshold, noted `empty map`.
 * Without a ground-truth box: no IoU, noted `no annotation`.
 * @throws {CamError} `shape`, `input`, `option`.
 */
export function boxFit(map: Plane, truth: readonly Box[], options: BoxFitOptions = {}): BoxFit {
  const { thresholds = boxThresholds, components = 'largest' } = options;
  expectPlane('boxFit: map', map);
  for (const box of truth) expectBox('boxFit', box);
  thresholds.forEach((threshold, i) => {
    expectThreshold('boxFit', threshold);
    if (i > 0 && threshold < thresholds[i - 1])
      throw new CamError('option', 'boxFit: thresholds: expected ascending order, got another order.');
  });
  if (truth.length === 0) return { ious: undefined, note: 'no annotation' };
  const max = maximum(map.data);
  if (!(max > 0)) return { ious: thresholds.map(() => 0), note: 'empty map' };
  const levels = thresholds.map((threshold) => levelOf(map, threshold, max)).reverse();
  const ious: number[] = [];
  for (const found of componentLevels(map, levels)) {
    const largest = components === 'largest' ? largestComponent(found) : undefined;
    const drawn = largest ? [largest] : found;
    ious.push(drawn.reduce((best, { box }) => Math.max(best, bestIou(box, truth)), 0));
  }
  return { ious: ious.reverse(), note: undefined };
}

/** Accuracy over a data set at each threshold, and at the best. */
export interface BoxAccuracy {
  /** Highest accuracy, 0 to 1; `undefined` where no image has an annotation. */
  readonly value: number | undefined;
  /** Index of the threshold that gives it; the lowest of several. */
  readonly best: number | undefined;
  /** Accuracy at each threshold. */
  readonly curve: readonly number[];
  /** Hit (1) or miss (0) of each image at the best threshold, and the notes. */
  readonly figure: Figure;
}

/**
 * MaxBoxAcc: share of images whose box reaches the IoU. One threshold, the best, holds for the whole data
 * set.
 *
 * @param fits  `boxFit` of each image, all at the same thresholds. Images without annotation are left out and
 *   counted.
 * @param iou   Least IoU that counts. Default 0.5.
 * Choe 2020 (arXiv:2001.07437).
 * @throws {CamError} `shape` where images have different numbers of thresholds.
 */
export function maxBoxAccuracy(fits: readonly BoxFit[], iou = 0.5): BoxAccuracy {
  const annotated = fits.flatMap(({ ious }) => (ious ? [ious] : []));
  const length = annotated[0]?.length ?? 0;
  if (annotated.some((ious) => ious.length !== length))
    throw new CamError('shape', 'maxBoxAccuracy: expected the same thresholds for every image.');
  const curve = Array.from(
    { length },
    (_, t) => annotated.filter((ious) => ious[t] >= iou).length / annotated.length,
  );
  const best = length === 0 ? undefined : curve.indexOf(Math.max(...curve));
  const hits = figure(
    fits.map(({ ious, note }) => ({
      value: ious === undefined || best === undefined ? undefined : Number(ious[best] >= iou),
      note,
    })),
  );
  return { value: hits.value, best, curve, figure: hits };
}

/** MaxBoxAccV2: the accuracy at each IoU, and their mean. */
export interface BoxAccuracyV2 {
  /** 0 to 1; `undefined` where no image has an annotation. */
  readonly value: number | undefined;
  /** One per IoU. */
  readonly parts: readonly BoxAccuracy[];
}

/**
 * MaxBoxAccV2: mean accuracy over the IoUs 0.3, 0.5 and 0.7, each at its own best threshold.
 * @param fits  `boxFit` with `components: 'all'` of each image.
 * Choe 2020, journal version (arXiv:2007.04178).
 * @throws {CamError} as `maxBoxAccuracy`.
 */
export function maxBoxAccuracyV2(
  fits: readonly BoxFit[],
  ious: readonly number[] = [0.3, 0.5, 0.7],
): BoxAccuracyV2 {
  const parts = ious.map((iou) => maxBoxAccuracy(fits, iou));
  const values = parts.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return {
    value: values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length,
    parts,
  };
}
