import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { escaped } from '../../outputs/sheet.js';
import type { Evaluation } from './evaluation.js';

/** Lines over one axis, in uPlot's format. */
interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly names: readonly string[];
  /** The abscissae, then one list of ordinates per name; `null` where there is no value. */
  readonly data: readonly (readonly (number | null)[])[];
}

/** One plot with all methods for each metric that has curves, and two for the sanity cascade. */
export function plotsOf({ metrics, methods, sanity }: Evaluation): Plot[] {
  const plots = metrics.flatMap(({ name, axis, columns }): Plot[] => {
    const lines = methods.flatMap(({ method, verdicts }) => {
      const line = verdicts[name]?.line;
      return line ? [{ method, line }] : [];
    });
    if (!axis || lines.length === 0) return [];
    return [
      {
        title: axis.title ?? columns[0].title,
        x: axis.x,
        y: axis.y,
        names: lines.map(({ method }) => method),
        data: [lines[0].line.x, ...lines.map(({ line }) => line.y)],
      },
    ];
  });
  if (!sanity) return plots;
  const x = `layers re-drawn of ${sanity.stages[0]?.of ?? 0}, ${sanity.order}`;
  const names = sanity.methods.map(({ method }) => method);
  for (const figure of ['spearman', 'ssim'] as const) {
    plots.push({
      title: figure === 'spearman' ? 'sanity: rank correlation' : 'sanity: structural similarity',
      x,
      y: 'similarity',
      names,
      data: [
        [0, ...sanity.stages.map(({ redrawn }) => redrawn)],
        ...sanity.methods.map(({ stages }) => [1, ...stages.map((stage) => stage[figure].value ?? null)]),
      ],
    });
  }
  return plots;
}

const uplotFile = (name: string): string =>
  readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');

/** uPlot's own style and code, embedded in the report. */
export const plotAssets = (): { readonly style: string; readonly script: string } => ({
  style: uplotFile('uPlot.min.css'),
  script: uplotFile('uPlot.iife.min.js'),
});

/** Data inside a script element: `<` is escaped, so that nothing can end the element. */
const embedded = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Draws the plots in the reader's browser, and again when the colour scheme changes. */
const DRAW = `
const dark = matchMedia('(prefers-color-scheme: dark)');
function draw() {
  const css = getComputedStyle(document.documentElement);
  const ink = css.getPropertyValue('--soft').trim(), grid = css.getPropertyValue('--grid').trim();
  PLOTS.forEach((plot, at) => {
    const box = document.getElementById('plot-' + at);
    box.replaceChildren();
    const axis = (label) => ({ label, stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } });
    const colour = (i) => 'hsl(' + (i * 137.508 + 215) % 360 + ' ' + (dark.matches ? '75% 66%' : '70% 42%') + ')';
    new uPlot({
      width: Math.max(280, box.clientWidth), height: 300,
      scales: { x: { time: false } },
      axes: [axis(plot.x), axis(plot.y)],
      series: [{ label: plot.x }, ...plot.names.map((label, i) => ({
        label, stroke: colour(i), width: label === 'mi-cam' ? 3 : 1.5, dash: label === 'mean-activation' ? [6, 4] : undefined,
        points: { show: plot.data[0].length < 20 },
      }))],
    }, plot.data, box);
  });
}
draw();
dark.addEventListener('change', draw);
addEventListener('resize', draw);
`;

/** Elements for the plots. */
export const plotBoxes = (plots: readonly Plot[]): string =>
  plots
    .map(({ title }, at) => `<div class="plot"><h3>${escaped(title)}</h3><div id="plot-${at}"></div></div>`)
    .join('\n');

export const plotScript = (plots: readonly Plot[]): string => `const PLOTS = ${embedded(plots)};${DRAW}`;
