import { type Removal, removal, removalShares, removeAndClassify } from '../../metrics/index.js';
import { type Cell, defineMetric, type Metric } from '../metric.js';
import { present, wholeCell } from '../verdicts.js';

const columnOf = (share: number): string => `remove-and-classify-${Math.round(100 * share)}`;

/**
 * R_k: is the model less accurate without the pixels that the map ranks first than without as many random
 * ones?
 */
export const removalMetric: Metric = defineMetric<Removal>({
  name: 'remove-and-classify',
  group: 'removal',
  about:
    'Accuracy after blurring the most salient pixels, divided by accuracy after blurring as many random ones; 1 is chance.',
  needs: ['label'],
  columns: removalShares.map((share) => ({
    id: columnOf(share),
    title: `R ${Math.round(100 * share)} %`,
    unit: '',
    better: 'lower',
    digits: 2,
  })),
  axis: { title: 'remove and classify', x: 'share of pixels removed', y: 'accuracy' },
  probe({ picture, trueMap }) {
    const { label } = picture.truth;
    if (label === undefined) return undefined;
    const order = picture.order(trueMap, 'most-first', trueMap.name);
    return removal(picture.tensor, order, label, { baseline: picture.blurred, seed: picture.seed });
  },
  verdict(evidence, { seed }) {
    const removals = present(evidence);
    const missing = evidence.length - removals.length;
    const rest = { count: removals.length, notes: missing > 0 ? { 'no annotation': missing } : {} };
    const cells: Record<string, Cell> = {};
    for (const [k, share] of removalShares.entries()) {
      const ratio = (sample: readonly Removal[]) => removeAndClassify(sample).ratios[k];
      cells[columnOf(share)] = wholeCell(removals, ratio, rest, seed);
    }
    const line = removals.length === 0 ? undefined : { x: removalShares, y: removeAndClassify(removals).top };
    return { cells, rows: {}, line };
  },
});
