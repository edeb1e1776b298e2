import { basename } from 'node:path';
import { CamError } from '../../errors.js';
import type { ExplainerOptions } from '../../explainer.js';
import type { ColorMapName } from '../../image/index.js';
import type { Dependencies } from '../dependencies.js';
import { prepareFolder } from '../files.js';
import { collectInputs, type Input, imageCount, refuseDuplicates } from '../inputs.js';
import { planJobs, type TargetOption } from '../jobs.js';
import { type Format, methodNames } from '../options.js';
import { startProgress } from '../progress.js';
import { Report } from '../report.js';
import { Run } from '../run.js';
import { findSettings } from '../settings.js';
import { ContactSheet } from '../sheet.js';
import { writeSummary } from '../summary.js';

/** The options of `explain`, read and checked. */
export interface ExplainFlags {
  readonly model?: string;
  readonly layer?: readonly string[];
  readonly method: readonly string[];
  readonly target: readonly TargetOption[];
  readonly score: 'logit' | 'probability';
  readonly region: number;
  readonly bins: 32 | 64 | 128 | 256;
  readonly resolution?: number;
  readonly backend: 'auto' | 'wasm' | 'webgpu';
  readonly runtime: 'auto' | 'node' | 'web' | 'webgpu';
  readonly out: string;
  readonly format: readonly Format[];
  readonly raw?: true;
  readonly weights?: true;
  readonly preprocess?: string;
  readonly labels?: string;
  readonly colormap: ColorMapName;
  readonly alpha?: number;
  readonly heatOnly?: true;
  readonly augment?: true;
  readonly eigenSmooth?: true;
  readonly batch: number;
  readonly threads?: number;
  readonly quiet?: true;
}

/** Exit codes of the program. */
export const exitCodes = { done: 0, someFailed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Explains every input and writes the results below `--out`.
 * @returns The exit code: 0; 1 when some inputs failed; 2 when the model ran on none of them; 130 when the user stopped it.
 * @throws {CamError} For what makes the whole run impossible, as far as possible before any work is done.
 */
export async function explain(
  paths: readonly string[],
  flags: ExplainFlags,
  deps: Dependencies,
): Promise<number> {
  const quiet = flags.quiet === true;
  const notice = (text: string): void => {
    if (!quiet) deps.stderr.write(`onnx-cam: ${text}\n`);
  };
  const names = methodNames(flags.method, Object.keys(deps.methods));
  const { bins, resolution, region } = flags;
  const methodOptions = { bins, resolution, region };
  const methods = names.map((name) => deps.methods[name](methodOptions));

  if (flags.runtime === 'webgpu' && flags.backend === 'wasm') {
    throw new CamError(
      'option',
      '--runtime webgpu: needs --backend webgpu (the model shares the GPU of the kernels), got --backend wasm. ' +
        'Leave one of the two away.',
    );
  }

  const inputs = await collectInputs(paths, flags.out);
  const targets: readonly TargetOption[] = flags.target.length > 0 ? flags.target : ['predicted'];
  const jobs = planJobs(inputs, targets);
  refuseDuplicates(inputs, names[0]);
  await prepareFolder(flags.out);

  const model = flags.model ?? deps.defaultModel;
  if (flags.model === undefined)
    notice(`no --model given: using the bird classifier that comes along (${model}).`);
  const settings = await findSettings(model, { preprocess: flags.preprocess, labels: flags.labels });
  const { preprocessing, labels } = settings;
  const options: ExplainerOptions = {
    methods,
    layers: flags.layer,
    // A model on the GPU needs the kernels there: where there is no GPU, that is the error, and it says what to do.
    backend: flags.runtime === 'webgpu' ? 'webgpu' : flags.backend,
    runtime: flags.runtime,
    score: flags.score,
    // Of all methods, those that the model can serve; one that was asked for by name is served or an error.
    unservable: flags.method.includes('all') ? 'skip' : 'error',
    eigenSmooth: flags.eigenSmooth,
    threads: flags.threads,
    preprocessing,
    labels,
  };
  const explainer = await deps.openExplainer(model, options);
  try {
    if (settings.notice && holdsPictures(inputs)) notice(settings.notice);
    if (!flags.layer) for (const { reason } of explainer.layers) notice(`target layer: ${reason}`);
    for (const line of leftOut(explainer.skipped ?? [])) notice(line);
    const { backend, runtime, layers } = explainer;
    const sheet = flags.format.includes('html')
      ? await ContactSheet.open(flags.out, {
          model: basename(model),
          layers: layers.map(({ name }) => name),
          methods: names.filter((name) => !explainer.skipped?.some(({ method }) => method === name)),
          backend,
          runtime,
        })
      : undefined;
    const total = inputs.reduce((sum, input) => sum + imageCount(input), 0);
    const progress = startProgress(deps.stderr, total, quiet);
    const report = new Report(total, flags.out);
    let classes: number | undefined;
    let stopping = false;
    const ignore = deps.onInterrupt(() => {
      stopping = true;
      deps.stderr.write(
        'onnx-cam: stopping after the picture in hand; press Ctrl-C again to quit at once.\n',
      );
    });
    const run = new Run({
      explainer,
      jobs,
      preprocessing,
      sheet,
      batch: flags.batch,
      augment: flags.augment === true,
      output: {
        out: flags.out,
        png: flags.format.includes('png'),
        npy: flags.format.includes('npy'),
        raw: flags.raw === true,
        weights: flags.weights === true,
        severalTargets: targets.length > 1,
        overlay: { colormap: flags.colormap, alpha: flags.alpha, heatOnly: flags.heatOnly },
      },
      stopping: () => stopping,
      onDone: (explanations, origin, outputs) => {
        classes ??= explanations[0]?.scores.length;
        report.done(explanations, origin, outputs);
        progress.step();
      },
      onFailure: (message, lost) => {
        report.failed(message, lost);
        if (!lost) progress.step();
      },
    });
    let complete = false;
    try {
      complete = await run.all();
    } finally {
      ignore();
      progress.stop();
      if (labels && classes !== undefined && labels.length !== classes) {
        notice(
          `labels: expected one per class (${classes}), got ${labels.length}: they may belong to another model.`,
        );
      }
      await sheet?.close();
      await writeSummary(flags.out, run.entries);
      deps.stderr.write(report.failures());
    }
    if (!quiet) deps.stdout.write(report.text({ backend, runtime, sheet: sheet !== undefined }));
    if (!complete) return exitCodes.interrupted;
    if (report.failedCount === 0) return exitCodes.done;
    return run.modelFailed && report.doneCount === 0 ? exitCodes.usage : exitCodes.someFailed;
  } finally {
    await explainer.dispose();
  }
}

const holdsPictures = (inputs: readonly Input[]): boolean => inputs.some(({ kind }) => kind === 'picture');

/** Methods that the model cannot serve, those with one reason together. */
function leftOut(skipped: readonly { readonly method: string; readonly reason: string }[]): string[] {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const methods = skipped.filter((one) => one.reason === reason).map(({ method }) => method);
    return `left out: ${methods.join(', ')}: ${reason}`;
  });
}
