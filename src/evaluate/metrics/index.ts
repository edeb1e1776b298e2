import { CamError } from '../../errors.js';
import type { Region } from '../../metrics/index.js';
import type { DataSet, Knowledge } from '../data-set.js';
import type { Metric } from '../metric.js';
import { confidenceMetrics } from './confidence.js';
import { curveMetrics, roadMetric } from './curves.js';
import { localisationMetrics } from './localisation.js';
import { metricNames, SANITY } from './names.js';
import { mpxap, pxap } from './pixels.js';
import { removalMetric } from './removal.js';
import { counterfactualMetric, deadZoneMetric } from './weights.js';

export interface MetricOptions {
  /** Steps of deletion and insertion. @default 100 */
  readonly steps?: number;
  /** The region that the model cannot see, in the pixels of its input. The dead zone needs it. */
  readonly unseen?: Region;
}

/** Every metric of a single model, in the order of the table. */
export const allMetrics = ({ steps = 100, unseen }: MetricOptions = {}): readonly Metric[] => [
  ...confidenceMetrics,
  ...curveMetrics(steps),
  roadMetric,
  ...localisationMetrics,
  pxap,
  mpxap,
  removalMetric,
  counterfactualMetric,
  deadZoneMetric(unseen),
];

export interface ChosenMetrics {
  readonly metrics: readonly Metric[];
  readonly sanity: boolean;
  /** Metrics that were requested but are not possible with this data set, and why. */
  readonly leftOut: readonly { readonly metric: string; readonly reason: string }[];
}

const descriptions: Readonly<Record<Knowledge | 'unseen', string>> = {
  label: 'labels',
  boxes: 'boxes',
  mask: 'masks of the object',
  cues: 'masks of parts in which two classes differ',
  unseen: 'the region that the model cannot see (--unseen)',
};

/**
 * The requested metrics that the data set can serve. Metrics whose annotations it lacks are left out and
 * named.
 * @param asked  Names, or `all`.
 * @throws {CamError} `option` for an unknown name, and where nothing is left.
 */
export function chooseMetrics(
  asked: readonly string[],
  data: Pick<DataSet, 'has' | 'kind'>,
  options: MetricOptions = {},
): ChosenMetrics {
  for (const name of asked) {
    if (name !== 'all' && !metricNames.includes(name))
      throw new CamError(
        'option',
        `--metrics: expected one of ${metricNames.join(', ')} or all, got "${name}".`,
      );
  }
  const wanted = (name: string) => asked.includes('all') || asked.includes(name);
  const leftOut: { metric: string; reason: string }[] = [];
  const metrics = allMetrics(options).filter(({ name, needs }) => {
    if (!wanted(name)) return false;
    const lacking = needs.filter((need) =>
      need === 'unseen' ? options.unseen === undefined : !data.has.has(need),
    );
    if (lacking.length === 0) return true;
    leftOut.push({
      metric: name,
      reason: `needs ${lacking.map((need) => descriptions[need]).join(' and ')}`,
    });
    return false;
  });
  const sanity = wanted(SANITY);
  if (metrics.length === 0 && !sanity) {
    const reasons = leftOut.map(({ metric, reason }) => `${metric} ${reason}`).join('; ');
    throw new CamError(
      'option',
      `--metrics: expected at least one that the data set serves (read as ${data.kind}), got none: ${reasons}.`,
    );
  }
  return { metrics, sanity, leftOut };
}
