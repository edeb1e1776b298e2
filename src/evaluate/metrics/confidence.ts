import {
  averageDrop,
  averageGain,
  averageIncrease,
  type Confidence,
  confidence,
  type Figure,
  increaseInConfidence,
} from '../../metrics/index.js';
import { type Column, defineMetric, type Metric } from '../metric.js';
import { meanVerdict } from '../verdicts.js';

type Mode = 'threshold' | 'multiply';
type Over = (of: readonly Confidence[]) => Figure;

interface Wanted {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly columns: readonly (Omit<Column, 'id' | 'title'> & {
    readonly suffix?: string;
    readonly what?: string;
    readonly over: Over;
  })[];
}

const percent = { unit: '%', digits: 1 } as const;

const wanted: readonly Wanted[] = [
  {
    name: 'average-drop',
    title: 'average drop',
    about: 'How much of the score is lost when only the part that the map calls important is shown.',
    columns: [{ ...percent, better: 'lower', over: averageDrop }],
  },
  {
    name: 'average-increase',
    title: 'average increase',
    about: 'How far the score on the part that the map calls important lies above that of a blank image.',
    columns: [
      { ...percent, better: 'higher', over: (of) => averageIncrease(of).increase },
      {
        unit: '',
        digits: 3,
        better: 'higher',
        suffix: 'difference',
        what: 'score above blank',
        over: (of) => averageIncrease(of).difference,
      },
      {
        ...percent,
        better: 'higher',
        suffix: 'above',
        what: 'share above blank',
        over: (of) => averageIncrease(of).above,
      },
    ],
  },
  {
    name: 'increase-in-confidence',
    title: 'increase in confidence',
    about: 'Share of pictures whose score rises when only the part that the map calls important is shown.',
    columns: [{ ...percent, better: 'higher', over: increaseInConfidence }],
  },
  {
    name: 'average-gain',
    title: 'average gain',
    about:
      'How much of the gap between score and 1 closes when only the part that the map calls important is shown.',
    columns: [{ ...percent, better: 'higher', over: averageGain }],
  },
];

function metricOf({ name, title, about, columns }: Wanted, mode: Mode): Metric {
  const full = mode === 'threshold' ? name : `${name}-multiply`;
  const made = columns.map(({ suffix, what, over, ...column }) => ({
    over,
    column: {
      ...column,
      id: suffix ? `${full}-${suffix}` : full,
      title: `${what ?? title}${mode === 'threshold' ? '' : ' (×)'}`,
    },
  }));
  const how =
    mode === 'threshold'
      ? 'The image is cut at half of the saliency (MI-CAM).'
      : 'The image is multiplied by the saliency (Grad-CAM++).';
  return defineMetric<Confidence>({
    name: full,
    about: `${about} ${how}`,
    group: mode === 'threshold' ? 'cut' : 'multiplied',
    needs: [],
    columns: made.map(({ column }) => column),
    probe: ({ picture, map }) => confidence(picture.tensor, map, { mode, name: map.name }),
    verdict: (evidence, { seed }) =>
      meanVerdict(evidence, Object.fromEntries(made.map(({ column, over }) => [column.id, over])), seed),
  });
}

/**
 * Drop, increase and gain: once with the image cut at half of the saliency, once with it multiplied by the
 * saliency.
 */
export const confidenceMetrics: readonly Metric[] = (['threshold', 'multiply'] as const).flatMap((mode) =>
  wanted.map((one) => metricOf(one, mode)),
);
