import { join } from 'node:path';
import { partialName, writeAtomically } from '../../files/files.js';
import type { WrittenFiles } from '../../files/written-files.js';
import { escaped } from '../../outputs/sheet.js';
import type { Evaluation } from './evaluation.js';
import { type GalleryOptions, gallery } from './gallery.js';
import { plotAssets, plotBoxes, plotScript, plotsOf } from './plots.js';
import { reportStyle } from './style.js';
import { agreementTable, metricTables } from './tables.js';
import { leftOutMethods } from './words.js';

function header({ model, layers, backend, runtime, data, settings, methods, passes }: Evaluation): string {
  const rate =
    passes.perSecond === undefined
      ? ''
      : `, ${passes.perSecond.toFixed(1)} per second${passes.bare === undefined ? '' : ` (the bare session: ${passes.bare.toFixed(1)})`}`;
  const facts: [string, string][] = [
    ['data', `${data.path} (${data.kind})`],
    ['pictures', `${data.evaluated}${data.pictures === data.evaluated ? '' : ` of ${data.pictures}`}`],
    ['methods', String(methods.length)],
    ['layer', layers.join(', ')],
    ['seed', String(settings.seed)],
    ['kernels on', backend],
    ['model on', runtime],
    ...(passes.count > 0
      ? ([['forward passes', `${passes.count}${rate}`]] satisfies [string, string][])
      : []),
  ];
  return [
    `<header><h1>${escaped(model)}: how good are the maps?</h1>`,
    '<p class="soft">Best of each column marked; ± is the standard error by bootstrap over pictures, n the pictures that have a value where not all do.</p><dl>',
    ...facts.map(([term, text]) => `<div><dt>${term}</dt><dd>${escaped(text)}</dd></div>`),
    '</dl></header>',
  ].join('\n');
}

/** What was left out, and why, so that nothing is missing silently. */
function omissions({ data, leftOut, skipped, methods }: Evaluation): string {
  const lines = [
    ...data.failed.map(({ picture, error }) => `${picture} failed: ${error}`),
    ...data.problems.map(
      ({ what, count, examples }) =>
        `${what}: ${count} (${examples.join('; ')}${count > examples.length ? ' …' : ''})`,
    ),
    ...leftOut.map(({ metric, reason }) => `metric ${metric} left out: ${reason}`),
    ...leftOutMethods(skipped).map(({ methods: names, reason }) => `methods left out: ${names}: ${reason}`),
    ...methods
      .filter(({ diagnosed }) => diagnosed > 0)
      .map(
        ({ method, diagnosed, pictures }) =>
          `${method}: a remark on ${diagnosed} of ${pictures} maps (flat, for the most part)`,
      ),
  ];
  if (lines.length === 0) return '';
  return `<section><h2>Left out, and remarks</h2><ul class="notes">${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul></section>`;
}

function sanityNotes({ sanity }: Evaluation): string {
  if (!sanity) return '';
  const agnostic = sanity.methods.filter(({ classAgnostic }) => classAgnostic).map(({ method }) => method);
  const stages = sanity.stages.map(({ layer, redrawn }) => `${redrawn}: ${layer}`).join('; ');
  return [
    `<p class="soft">Sanity cascade over ${sanity.pictures} pictures: the same classes explained while layers are re-drawn, ${escaped(sanity.order)}; near 0 is right. `,
    `Stages (layers re-drawn: the last of them): ${escaped(stages)}.`,
    agnostic.length > 0
      ? ` ${escaped(agnostic.join(', '))} ignore${agnostic.length === 1 ? 's' : ''} the class and what comes after the target layer: a similarity of 1 while only the classifier is re-drawn is their nature, the class test does not apply.`
      : '',
    '</p>',
  ].join('');
}

/** The report as one self-contained page. */
export async function reportHtml(evaluation: Evaluation, options: GalleryOptions): Promise<string> {
  const plots = plotsOf(evaluation);
  const { style, script } = plots.length > 0 ? plotAssets() : { style: '', script: '' };
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(evaluation.model)}: evaluation of saliency maps</title>`,
    `<style>${style}${reportStyle}</style></head><body>`,
    header(evaluation),
    `<div class="tables">${metricTables(evaluation)}</div>`,
    plots.length > 0
      ? `<section><h2>Curves</h2>${sanityNotes(evaluation)}<div class="plots">${plotBoxes(plots)}</div></section>`
      : '',
    agreementTable(evaluation),
    omissions(evaluation),
    await gallery(evaluation, options),
    '<footer>Made by onnx-cam. Figures picture by picture: results.csv, results.json.</footer>',
    plots.length > 0 ? `<script>${script}</script><script>${plotScript(plots)}</script>` : '',
    '</body></html>\n',
  ].join('\n');
}

/** Writes `report.html`. Throws `CamError` `output`. */
export async function writeReport(
  folder: string,
  evaluation: Evaluation,
  options: GalleryOptions,
  { finish }: WrittenFiles,
): Promise<void> {
  const path = join(folder, 'report.html');
  await writeAtomically(path, await reportHtml(evaluation, options), partialName(path), finish);
}
