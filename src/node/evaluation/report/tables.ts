import { type Cell, type Column, type MethodSummary, metricGroups } from '../../../evaluate/index.js';
import { escaped } from '../../outputs/sheet.js';
import { bestOf, type Evaluation } from './evaluation.js';

/** A figure with its unit, e.g. `31.4 %`. */
export const shown = (value: number, { unit, digits }: Pick<Column, 'unit' | 'digits'>): string =>
  `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;

function cellHtml(cell: Cell | undefined, column: Column, best: boolean, pictures: number): string {
  if (cell?.value === undefined) return '<td class="soft">–</td>';
  const details = [
    ...(cell.error === undefined ? [] : [`± ${cell.error.toFixed(column.digits)}`]),
    ...(cell.count === pictures ? [] : [`n = ${cell.count}`]),
  ];
  const notes = Object.entries(cell.notes).map(([note, count]) => `${note}: ${count}`);
  return (
    `<td${best ? ' class="best"' : ''}${notes.length > 0 ? ` title="${escaped(notes.join(', '))}"` : ''}>` +
    `${shown(cell.value, column)}<small>${details.join(', ')}</small></td>`
  );
}

const arrows = { higher: '↑ higher is better', lower: '↓ lower is better' } as const;

const rowHead = ({ method, classAgnostic }: MethodSummary): string =>
  `<th>${escaped(method)}${classAgnostic ? '<small>ignores the class</small>' : ''}</th>`;

/** One table per group of metrics: methods by columns, the best marked, standard errors below. */
export function metricTables(evaluation: Evaluation): string {
  const { metrics, methods, data } = evaluation;
  return Object.entries(metricGroups)
    .map(([group, title]) => {
      const of = metrics.filter((metric) => metric.group === group);
      if (of.length === 0) return '';
      const columns = of.flatMap(({ name, columns: own }) => own.map((column) => ({ metric: name, column })));
      const heads = columns.map(
        ({ column }) =>
          `<th>${escaped(column.title)}<small>${column.better ? arrows[column.better] : ''}</small></th>`,
      );
      const best = columns.map((column) => bestOf(methods, column));
      const rows = methods.map((method) => {
        const cells = columns.map(({ metric, column }, at) =>
          cellHtml(
            method.verdicts[metric]?.cells[column.id],
            column,
            best[at].has(method.method),
            data.evaluated,
          ),
        );
        return `<tr>${rowHead(method)}${cells.join('')}</tr>`;
      });
      const about = of.map(
        ({ columns: [first], about: text }) => `<li><b>${escaped(first.title)}</b>: ${escaped(text)}</li>`,
      );
      return [
        `<section><h2>${escaped(title)}</h2>`,
        `<div class="scroll"><table><thead><tr><th>method</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
        `<ul class="about">${about.join('')}</ul></section>`,
      ].join('\n');
    })
    .join('\n');
}

/** The similarity of the methods' maps. */
export function agreementTable({ agreement, methods }: Evaluation): string {
  if (methods.length < 2) return '';
  const rows = methods.map((method, at) => {
    const cells = agreement[at].map((value) =>
      value === undefined
        ? '<td class="soft">–</td>'
        : `<td class="heat" style="--v:${Math.max(0, value).toFixed(2)}">${value.toFixed(2)}</td>`,
    );
    return `<tr>${rowHead(method)}${cells.join('')}</tr>`;
  });
  const heads = methods.map(({ method }) => `<th>${escaped(method)}</th>`);
  return [
    '<section><h2>How alike are the methods?</h2>',
    '<p class="soft">Rank correlation of two methods’ maps of the predicted class at the layer, before ReLU; mean over pictures. 1: the same order of positions.</p>',
    `<div class="scroll"><table><thead><tr><th></th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`,
  ].join('\n');
}
