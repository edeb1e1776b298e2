import type {
  ChosenMetrics,
  Column,
  countProblems,
  MethodSummary,
  Metric,
  PictureRecord,
  SanitySummary,
} from '../../../evaluate/index.js';
import type { Settings } from '../journal.js';

/** All results of a run: the content of `results.json`, and the data of the report. */
export interface Evaluation {
  readonly model: string;
  readonly settings: Settings;
  readonly layers: readonly string[];
  readonly backend: string;
  readonly runtime: string;
  readonly data: {
    readonly path: string;
    readonly kind: string;
    /** Pictures in the data set, and pictures that the run was to evaluate. */
    readonly pictures: number;
    readonly asked: number;
    readonly evaluated: number;
    readonly failed: readonly { readonly picture: string; readonly error: string }[];
    readonly problems: ReturnType<typeof countProblems>;
  };
  readonly metrics: readonly Pick<Metric, 'name' | 'about' | 'group' | 'columns' | 'axis'>[];
  readonly leftOut: ChosenMetrics['leftOut'];
  readonly skipped: readonly { readonly method: string; readonly reason: string }[];
  readonly methods: readonly MethodSummary[];
  /** Rank correlation of the methods' maps, mean over pictures; in the order of the methods. */
  readonly agreement: readonly (readonly (number | undefined)[])[];
  readonly sanity?: {
    readonly order: string;
    readonly pictures: number;
    readonly stages: readonly { readonly layer: string; readonly redrawn: number; readonly of: number }[];
    readonly methods: readonly SanitySummary[];
  };
  readonly passes: {
    readonly count: number;
    /** Making and scoring perturbed images. */
    readonly perSecond?: number;
    /** The bare session on a batch of the same size. */
    readonly bare?: number;
  };
  readonly records: readonly PictureRecord[];
}

/** Every column with its metric. */
export const columnsOf = ({
  metrics,
}: Pick<Evaluation, 'metrics'>): { readonly metric: string; readonly column: Column }[] =>
  metrics.flatMap(({ name, columns }) => columns.map((column) => ({ metric: name, column })));

/** A picture's value in a column that has one value per picture. */
export const pictureValue = (
  { verdicts }: MethodSummary,
  { metric, column }: { readonly metric: string; readonly column: Column },
  picture: number,
): number | undefined => verdicts[metric]?.rows[column.id]?.[picture];

/**
 * The best methods in a column, ties included. Empty where neither high nor low is better, or where all
 * methods are equal.
 */
export function bestOf(
  methods: readonly MethodSummary[],
  { metric, column }: { readonly metric: string; readonly column: Column },
): ReadonlySet<string> {
  const values = methods.flatMap(({ method, verdicts }) => {
    const value = verdicts[metric]?.cells[column.id]?.value;
    return value === undefined ? [] : [{ method, value }];
  });
  if (column.better === undefined || values.length < 2) return new Set();
  const sign = column.better === 'higher' ? 1 : -1;
  const best = Math.max(...values.map(({ value }) => sign * value));
  if (values.every(({ value }) => sign * value === best)) return new Set();
  return new Set(values.filter(({ value }) => sign * value === best).map(({ method }) => method));
}
