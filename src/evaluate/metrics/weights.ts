import { compareWeights, deadZone, type Outcome, type Region } from '../../metrics/index.js';
import { defineMetric, type Metric, measured } from '../metric.js';
import { meanVerdict, outcomes } from '../verdicts.js';

interface Change {
  /** Missing where one of the vectors is constant. */
  readonly rank?: number;
  /** `Σ abs(after - before) / Σ abs(before)`; missing where all weights were 0. */
  readonly relative?: number;
}

/** How channel weights change once the object is gone. */
export const counterfactualMetric: Metric = defineMetric<Change>({
  name: 'counterfactual',
  group: 'model',
  about:
    "How a method's channel weights change when the object is replaced by the mean colour: rank correlation, and L1 distance as a share of their sum.",
  needs: ['boxes'],
  counterfactual: true,
  columns: [
    { id: 'counterfactual-rank', title: 'weights without object: rank correlation', unit: '', digits: 3 },
    { id: 'counterfactual-l1', title: 'weights without object: relative change', unit: '', digits: 3 },
  ],
  probe: ({ weights }) =>
    weights &&
    measured(() => {
      const { before, rankCorrelation: rank, l1 } = compareWeights(weights.before, weights.after);
      const sum = before.reduce((total, weight) => total + Math.abs(weight), 0);
      return { rank, relative: sum > 0 ? l1 / sum : undefined };
    }),
  verdict: (evidence, { seed }) =>
    meanVerdict(
      evidence,
      {
        'counterfactual-rank': outcomes<Change>(({ rank }) => constantWithout(rank)),
        'counterfactual-l1': outcomes<Change>(({ relative }) => constantWithout(relative)),
      },
      seed,
    ),
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
