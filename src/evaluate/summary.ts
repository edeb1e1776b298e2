import { type Figure, figure, type Plane, standardError } from '../metrics/index.js';
import type { Truth } from './data-set.js';
import type { Cell, Metric, Verdict } from './metric.js';
import type { PictureRecord } from './record.js';
import type { SanityRecord } from './sanity.js';
import { saliencyOf } from './stored-map.js';

/** The summary of one method. */
export interface MethodSummary {
  readonly method: string;
  readonly classAgnostic: boolean;
  /** Pictures that have a record of the method. */
  readonly pictures: number;
  /** Pictures whose map is flat or has another diagnostic. */
  readonly diagnosed: number;
  /** Mean time per picture, without the work that methods share. */
  readonly milliseconds: number;
  /** By metric. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

export interface SummaryOptions {
  readonly metrics: readonly Metric[];
  readonly seed: number;
  /** The ground truth of a picture, in the pixels of the input. */
  readonly truth: (picture: string) => Promise<Truth>;
}

/** The figures of every method over the pictures' records. The records are in the order of the data set. */
export async function summarise(
  records: readonly PictureRecord[],
  { metrics, seed, truth }: SummaryOptions,
): Promise<MethodSummary[]> {
  const names = [...new Set(records.flatMap(({ methods }) => Object.keys(methods)))];
  const summaries: MethodSummary[] = [];
  for (const method of names) {
    const of = records.flatMap((record) => record.methods[method] ?? []);
    const verdicts: Record<string, Verdict> = {};
    for (const metric of metrics) {
      const evidence = records.map((record) => record.methods[method]?.evidence[metric.name]);
      verdicts[metric.name] = await metric.verdict(evidence, {
        seed,
        truth: (picture) => truth(records[picture].picture),
        trueMap: (picture) => trueSaliency(records[picture], method),
      });
    }
    summaries.push({
      method,
      classAgnostic: of.every(({ classAgnostic }) => classAgnostic),
      pictures: of.length,
      diagnosed: of.filter(({ diagnostics }) => diagnostics.length > 0).length,
      milliseconds: of.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / Math.max(1, of.length),
      verdicts,
    });
  }
  return summaries;
}

function trueSaliency({ methods, size }: PictureRecord, method: string): Plane {
  const { map, trueMap } = methods[method];
  return saliencyOf(trueMap ?? map, size);
}

/** A column's cell of a method. */
export const cellOf = ({ verdicts }: MethodSummary, metric: string, column: string): Cell | undefined =>
  verdicts[metric]?.cells[column];

/** The sanity cascade of one method, stage by stage. */
export interface SanitySummary {
  readonly method: string;
  readonly classAgnostic: boolean;
  readonly stages: readonly { readonly spearman: Cell; readonly ssim: Cell }[];
}

/** @param stages  In order. */
export function summariseSanity(
  stages: readonly SanityRecord[],
  methods: readonly Pick<MethodSummary, 'method' | 'classAgnostic'>[],
  seed: number,
): SanitySummary[] {
  return methods
    .filter(({ method }) => stages.some((stage) => method in stage.methods))
    .map(({ method, classAgnostic }) => ({
      method,
      classAgnostic,
      stages: stages.map((stage) => {
        const of = stage.methods[method] ?? [];
        return {
          spearman: cell(
            of.map((one) => one.spearman),
            seed,
          ),
          ssim: cell(
            of.map((one) => one.ssim),
            seed,
          ),
        };
      }),
    }));
}

function cell(values: readonly (number | undefined)[], seed: number): Cell {
  const of: Figure = figure(
    values.map((value) => (value === undefined ? { value, note: 'constant' } : { value })),
  );
  return { value: of.value, error: standardError(values, { seed }), count: of.count, notes: of.notes };
}
