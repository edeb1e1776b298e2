import { join } from 'node:path';
import { type ChosenMetrics, countProblems, type DataSet } from '../../../evaluate/index.js';
import type { Explainer } from '../../../explainer.js';
import { counted } from '../../terminal/counted.js';
import { lines } from '../../terminal/line.js';
import { bestOf, columnsOf, type Evaluation } from './evaluation.js';
import { shown } from './tables.js';

/** Maximum number of equally good methods that are named. */
const NAMED = 3;

/** What the user should know before a long run. */
export function notices(
  data: DataSet,
  { leftOut }: ChosenMetrics,
  { layers, skipped = [] }: Pick<Explainer, 'layers' | 'skipped'>,
): string[] {
  const problems = countProblems(data.problems).map(
    ({ what, count, examples }) => `annotations: ${what}: ${count} (${examples.join('; ')})`,
  );
  return [
    `data: ${counted(data.samples.length, 'picture')}, read as ${data.kind}.`,
    ...problems,
    ...leftOut.map(({ metric, reason }) => `metric ${metric} left out: ${reason}.`),
    ...leftOutMethods(skipped).map(({ methods, reason }) => `methods left out: ${methods}: ${reason}`),
    ...layers.map(({ reason }) => `target layer: ${reason}`),
  ];
}

/** Methods that the model cannot serve, grouped by reason. */
export function leftOutMethods(
  skipped: NonNullable<Explainer['skipped']>,
): { readonly methods: string; readonly reason: string }[] {
  return [...new Set(skipped.map(({ reason }) => reason))].map((reason) => ({
    reason,
    methods: skipped
      .filter((one) => one.reason === reason)
      .map(({ method }) => method)
      .join(', '),
  }));
}

/** The program's last lines: the best method of each column, and the paths of the results. */
export function closing(evaluation: Evaluation, out: string): string {
  const { methods, data, passes } = evaluation;
  const failed = data.failed.length > 0 ? `, ${data.failed.length} failed` : '';
  const best = columnsOf(evaluation).flatMap((of) => {
    const cells = methods.flatMap(({ method, verdicts }) => {
      const cell = verdicts[of.metric]?.cells[of.column.id];
      return cell?.value === undefined ? [] : [{ method, value: cell.value, error: cell.error }];
    });
    const winners = bestOf(methods, of);
    const leaders = winners.size > 0 ? cells.filter(({ method }) => winners.has(method)) : cells;
    if (leaders.length === 0) return [];
    const [{ value, error }] = leaders; // the first, where no value is better

    const names =
      leaders.length > NAMED ? `${leaders.length} methods` : leaders.map(({ method }) => method).join(', ');
    const figure = `${shown(value, of.column)}${error === undefined ? '' : ` ± ${error.toFixed(of.column.digits)}`}`;
    return [`${of.column.title}: ${figure} (${winners.size > 0 ? `best of ${cells.length}: ` : ''}${names})`];
  });
  const rate =
    passes.perSecond === undefined
      ? ''
      : `, ${passes.perSecond.toFixed(0)} per second (bare session: ${passes.bare?.toFixed(0)})`;
  const files =
    data.evaluated > 0 ? [`Written to ${out}: results.json, results.csv, ${join(out, 'report.html')}.`] : [];
  return lines([
    ...best,
    `${data.evaluated} of ${counted(data.asked, 'picture')} evaluated${failed}${passes.count > 0 ? `; ${passes.count} forward passes${rate}` : ''}.`,
    ...files,
  ]);
}
