import { compareWeights, deadZone, type Outcome, type Region } from '../../metrics/index.js';
import { defineMetric, type Line, type Metric, measured } from '../metric.js';
import { meanVerdict, outcomes, present } from '../verdicts.js';

interface Change {
  /** Missing where one of the vectors is constant. */
  readonly rank?: number;
  /** `Σ abs(after - before) / Σ abs(before)`; missing where all weights were 0. */
  readonly relative?: number;
  /**
   * Channels sorted by weight before, heaviest first, and split into equal groups: mean of `after - before`
   * in each group. The unit is the mean absolute weight of `before` or `after`, whichever is larger.
   */
  readonly byRank?: readonly number[];
}

const GROUPS = 20;

/**
 * Computes `Change.byRank`: how much the weight of the channels changes, heaviest channels first. `undefined`
 * where all weights are 0.
 */
function changeByRank(before: Float32Array, after: Float32Array): number[] | undefined {
  const channels = Array.from(before, (_, k) => k).sort((a, b) => before[b] - before[a] || a - b);
  const size = (weights: Float32Array) => weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  // The larger of both: otherwise a method whose weights explode would dominate the plot.
  const mean = Math.max(size(before), size(after)) / before.length;
  if (!(mean > 0)) return undefined;
  const groups = Math.min(GROUPS, before.length);
  return Array.from({ length: groups }, (_, g) => {
    const of = channels.slice(
      Math.floor((g * before.length) / groups),
      Math.floor(((g + 1) * before.length) / groups),
    );
    return of.reduce((sum, k) => sum + after[k] - before[k], 0) / of.length / mean;
  });
}

/** The mean of the pictures' changes, over the share of channels. */
function meanChange(changes: readonly Change[]): Line | undefined {
  const lines = changes.flatMap(({ byRank }) => (byRank ? [byRank] : []));
  if (lines.length === 0) return undefined;
  const [first] = lines;
  return {
    x: first.map((_, g) => (g + 0.5) / first.length),
    y: first.map((_, g) => lines.reduce((sum, line) => sum + line[g], 0) / lines.length),
  };
}

/** How channel weights change when the object is replaced. */
export const counterfactualMetric: Metric = defineMetric<Change>({
  name: 'counterfactual',
  group: 'model',
  about:
    "How a method's channel weights change when the object is replaced by the mean colour: rank correlation, and L1 distance as a share of their sum.",
  needs: ['boxes'],
  counterfactual: true,
  axis: {
    title: 'weights without the object',
    x: 'share of channels, the heaviest with the object first',
    y: 'change, in mean weights',
  },
  columns: [
    { id: 'counterfactual-rank', title: 'weights without object: rank correlation', unit: '', digits: 3 },
    { id: 'counterfactual-l1', title: 'weights without object: relative change', unit: '', digits: 3 },
  ],
  probe: ({ weights }) =>
    weights &&
    measured(() => {
      const { before, rankCorrelation: rank, l1 } = compareWeights(weights.before, weights.after);
      const sum = before.reduce((total, weight) => total + Math.abs(weight), 0);
      const byRank = changeByRank(weights.before, weights.after);
      return { rank, relative: sum > 0 ? l1 / sum : undefined, byRank };
    }),
  verdict: (evidence, { seed }) => ({
    ...meanVerdict(
      evidence,
      {
        'counterfactual-rank': outcomes<Change>(({ rank }) => constantWithout(rank)),
        'counterfactual-l1': outcomes<Change>(({ relative }) => constantWithout(relative)),
      },
      seed,
    ),
    line: meanChange(present(evidence)),
  }),
});

const constantWithout = (value: number | undefined): Outcome =>
  value === undefined ? { value, note: 'constant' } : { value };

/** Dead-zone μ, where the user says what the model cannot see. */
export const deadZoneMetric = (unseen: Region | undefined): Metric =>
  defineMetric<Outcome>({
    name: 'dead-zone',
    group: 'model',
    about: 'Share of the map that lies where the model cannot see (See through Walls).',
    needs: ['unseen'],
    columns: [{ id: 'dead-zone', title: 'dead zone μ', unit: '', better: 'lower', digits: 3 }],
    probe: ({ map }) => unseen && measured(() => deadZone(map, unseen)),
    verdict: (evidence, { seed }) =>
      meanVerdict(evidence, { 'dead-zone': outcomes<Outcome>((outcome) => outcome) }, seed),
  });
