import { printable } from '../../errors.js';
import { lines } from '../terminal/line.js';
import { PLAIN } from './kernels.js';
import { FORWARD } from './methods.js';
import type { BenchReport } from './report.js';
import { type Row, ratioOf } from './row.js';
import type { Timing } from './sampling.js';

/**
 * Cells as a Markdown table with aligned columns, to be read on a terminal and pasted. All columns but the
 * first two are numbers.
 */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i].length)));
  const isText = (i: number): boolean => i < 2;
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (isText(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (isText(i) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  const [first, ...others] = all.map(line);
  return [first, `|${rule.join('|')}|`, ...others];
}

/** Milliseconds with three digits. */
export const ms = (value: number): string =>
  value >= 100
    ? value.toFixed(0)
    : value >= 0.001
      ? String(Number(value.toPrecision(3)))
      : value.toExponential(1);

const times = (ratio: number | undefined): string => {
  if (ratio === undefined) return '–';
  if (ratio >= 100) return `${ratio.toFixed(0)} ×`;
  return `${ratio >= 10 ? ratio.toFixed(1) : ratio >= 1 ? ratio.toFixed(2) : Number(ratio.toPrecision(2))} ×`;
};

const spread = ({ low, high, runs }: Timing): string => (runs > 1 ? `${ms(low)}–${ms(high)}` : 'one run');

function timed(row: Row, baselines: readonly string[]): string[] {
  if (!row.time) return [row.name, row.size, 'WRONG', '–', ...baselines.map(() => '–')];
  return [
    row.name,
    row.size,
    ms(row.time.median),
    spread(row.time),
    ...baselines.map((name) => times(ratioOf(row, name))),
  ];
}

/**
 * The text before and after the tables: where, on what and how the times were measured, and what went wrong.
 */
export function render(report: BenchReport): string {
  const { machine, rows, leftOut } = report;
  const kernels = rows.filter(({ group }) => group === 'kernel');
  const methods = rows.filter(({ group }) => group === 'method');
  const clock = (of: readonly Row[]) =>
    of.some(({ time }) => time?.clock === 'wall') ? 'wall ms' : 'CPU ms';
  const hasWasm = kernels.some(({ against }) => against.includes('wasm'));
  const threads = `${machine.threads} thread${machine.threads === 1 ? '' : 's'}`;
  return lines([
    `onnx-cam ${report.version} on ${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, ${report.date.slice(0, 10)}`,
    `kernels: ${machine.backend} (${machine.device})${machine.runtime ? `; model: ${report.model}, ${machine.runtime}, ${threads}` : ''}`,
    ...(kernels.length > 0
      ? [
          '',
          ...markdownTable(
            [
              'kernel',
              'size',
              clock(kernels),
              'quartiles',
              `${PLAIN} takes`,
              ...(hasWasm ? ['wasm takes'] : []),
            ],
            kernels.map((row) => timed(row, [PLAIN, ...(hasWasm ? ['wasm'] : [])])),
          ),
        ]
      : []),
    ...(methods.length > 0
      ? [
          '',
          ...markdownTable(
            ['method', 'input', clock(methods), 'quartiles', FORWARD],
            methods.map((row) => timed(row, [FORWARD])),
          ),
        ]
      : []),
    '',
    ...[...new Set(leftOut.map(({ reason }) => reason))].map((reason) => {
      const names = leftOut.filter((one) => one.reason === reason).map(({ name }) => name);
      return `left out: ${names.join(', ')}: ${reason}`;
    }),
    ...checks('kernels', kernels),
    ...checks('methods', methods),
    ...rows.flatMap(({ name, size, wrong }) =>
      wrong === undefined ? [] : [`WRONG: ${name} (${size}): ${wrong}`],
    ),
    ...(report.complete ? [] : ['stopped before the end: what is above was finished.']),
  ]);
}

function checks(what: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const right = rows.filter(({ wrong }) => wrong === undefined).length;
  return [
    `${what}: ${right} of ${rows.length} answers right, checked against: ${rows[0].against.join('; ')}`,
  ];
}
