import {
  bootstrapStandardError,
  type Figure,
  meanPixelAveragePrecision,
  type Note,
  type Outcome,
  type Plane,
  pixelAveragePrecision,
  type ScoredPixels,
  upsample,
} from '../../metrics/index.js';
import { defineMetric, type Metric, measured, type VerdictContext } from '../metric.js';
import { histogramPrecision, pixelHistogram } from '../pixel-histogram.js';
import { FEW_RESAMPLES, meanCell, present, spread } from '../verdicts.js';

/** Whether any pixel of the mask counts as positive. */
const marks = (mask: Plane, ignore?: Plane): boolean =>
  Array.from({ length: mask.data.length }, (_, p) => p).some(
    (p) => mask.data[p] !== 0 && !(ignore && ignore.data[p] !== 0),
  );

async function scored(
  picture: number,
  { truth, trueMap }: VerdictContext,
): Promise<ScoredPixels | undefined> {
  const { mask, ignore } = await truth(picture);
  return mask && { scores: trueMap(picture), positives: mask, ignore };
}

/** PxAP over the pixels of all pictures together, recomputed from the stored maps. */
export const pxap: Metric = defineMetric<Outcome>({
  name: 'pxap',
  group: 'object',
  about: 'Area under the curve of pixel precision over recall, map against object, all pictures together.',
  needs: ['mask'],
  columns: [{ id: 'pxap', title: 'PxAP', unit: '%', better: 'higher', digits: 1 }],
  probe({ trueMap, picture }) {
    const { mask, ignore } = picture.truth;
    if (!mask) return undefined;
    return measured(() =>
      marks(mask, ignore)
        ? { value: pixelAveragePrecision([{ scores: trueMap, positives: mask, ignore }]) }
        : { value: undefined, note: 'no annotation' },
    );
  },
  async verdict(evidence, context) {
    const there = present(evidence);
    const notes: Partial<Record<Note, number>> = {};
    const empty = evidence.filter((one) => one?.value === undefined).length;
    if (empty > 0) notes['no annotation'] = empty;
    const pixels: ScoredPixels[] = [];
    for (const [picture, one] of evidence.entries()) {
      const of = one?.value === undefined ? undefined : await scored(picture, context);
      if (of) pixels.push(of);
    }
    const value = pixels.length === 0 ? undefined : 100 * pixelAveragePrecision(pixels);
    const error = bootstrapStandardError(pixels.map(pixelHistogram), histogramPrecision, {
      seed: context.seed,
      resamples: FEW_RESAMPLES,
    });
    return {
      cells: { pxap: { value, error: error && 100 * error, count: pixels.length, notes } },
      rows: {
        pxap: spread(
          evidence,
          there.map((one) => (one.value === undefined ? undefined : 100 * one.value)),
        ),
      },
    };
  },
});

/** The difference of two classes' maps at the layer. It is upsampled when needed. */
interface CueEvidence {
  readonly own: number;
  readonly other: number;
  readonly difference: Plane;
}

/**
 * mPxAP: does the difference of two classes' maps find the part in which the classes differ? One value per
 * pair of classes.
 */
export const mpxap: Metric = defineMetric<readonly CueEvidence[]>({
  name: 'mpxap',
  group: 'object',
  about:
    'Does the difference of the maps of two classes find the parts in which they differ? PxAP, mean over pairs of classes.',
  needs: ['cues', 'label'],
  columns: [{ id: 'mpxap', title: 'mPxAP', unit: '%', better: 'higher', digits: 1 }],
  probe({ cues, picture: { truth }, classAgnostic }) {
    const { label } = truth;
    // Where the method ignores the class, both classes have the same map.
    if (label === undefined || classAgnostic || cues.length === 0) return undefined;
    return measured(() =>
      cues.map(({ class: against, own, other }) => ({
        own: label,
        other: against,
        difference: {
          data: Array.from(own.data, (value, p) => Math.abs(value - other.data[p])),
          shape: own.shape,
        },
      })),
    );
  },
  async verdict(evidence, { truth, seed }) {
    const pairs = new Map<string, ScoredPixels[]>();
    for (const [picture, cues] of evidence.entries()) {
      if (!cues) continue;
      const known = (await truth(picture)).cues ?? [];
      for (const { own, other, difference } of cues) {
        const mask = known.find((cue) => cue.other === other)?.mask;
        if (!mask) continue;
        const key = [own, other].sort((a, b) => a - b).join(' ');
        const pixels = { scores: upsample(difference, mask.shape), positives: mask };
        pairs.set(key, [...(pairs.get(key) ?? []), pixels]);
      }
    }
    const none: Figure = { value: undefined, values: [], count: 0, notes: {} };
    const of = pairs.size === 0 ? none : meanPixelAveragePrecision([...pairs.values()]);
    return { cells: { mpxap: meanCell(of, 0, seed, 100) }, rows: {} };
  },
});
