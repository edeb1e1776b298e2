import { basename, join } from 'node:path';
import { CamError } from '../../errors.js';
import type { ColorMapName } from '../../image/index.js';
import type { Dependencies } from '../dependencies.js';
import { digest, digestFile } from '../digest.js';
import { prepareFolder } from '../files.js';
import { collectInputs, type Input, refuseDuplicates } from '../inputs.js';
import { jobsOfShard, planJobs, type Shard, type TargetOption } from '../jobs.js';
import { type Format, methodNames } from '../options.js';
import { startProgress } from '../progress.js';
import { Report } from '../report.js';
import { Crew } from '../run/crew.js';
import { isLeft } from '../run/journal.js';
import { ExplainerSource, type Open } from '../run/source.js';
import type { UnitOptions } from '../run/unit.js';
import { journalPath, Work } from '../run/work.js';
import { findSettings } from '../settings.js';
import type { ThreadSetup } from '../thread.js';

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
  /** By default overlays, or arrays where they are packed. */
  readonly format?: readonly Format[];
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
  readonly workers?: number;
  readonly list?: string;
  readonly pack?: number;
  readonly shard?: Shard;
  readonly resume?: true;
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

  if (flags.runtime === 'webgpu' && flags.backend === 'wasm') {
    throw new CamError(
      'option',
      '--runtime webgpu: needs --backend webgpu (the model shares the GPU of the kernels), got --backend wasm. ' +
        'Leave one of the two away.',
    );
  }

  if (paths.length === 0 && flags.list === undefined)
    throw new CamError(
      'option',
      'explain: expected inputs, got none. Name pictures or folders, or give --list.',
    );
  const inputs = await collectInputs(paths, flags.out, { list: flags.list });
  const targets: readonly TargetOption[] = flags.target.length > 0 ? flags.target : ['predicted'];
  const all = planJobs(inputs, targets, flags.pack);
  refuseDuplicates(inputs, names[0]);
  const jobs = flags.shard ? jobsOfShard(all, flags.shard) : all;
  await prepareFolder(flags.out);

  const model = flags.model ?? deps.defaultModel;
  if (flags.model === undefined)
    notice(`no --model given: using the bird classifier that comes along (${model}).`);
  const settings = await findSettings(model, { preprocess: flags.preprocess, labels: flags.labels });
  const { preprocessing, labels } = settings;
  const options: ThreadSetup['explainer'] = {
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
  const suffix = flags.shard ? `.${flags.shard.index}-of-${flags.shard.count}` : '';
  const png = flags.format?.includes('png') ?? flags.pack === undefined;
  const cards = flags.format?.includes('html') === true;
  const unit: UnitOptions = {
    cards,
    batch: flags.batch,
    augment: flags.augment === true,
    preprocessing,
    output: {
      out: flags.out,
      png,
      // Packed results are arrays: pictures are what --pack is to spare the file system.
      npy: flags.format?.includes('npy') ?? flags.pack !== undefined,
      raw: flags.raw === true,
      weights: flags.weights === true,
      packed: flags.pack !== undefined,
      severalTargets: targets.length > 1,
      overlay: { colormap: flags.colormap, alpha: flags.alpha, heatOnly: flags.heatOnly },
    },
  };
  const open: Open = (instead) =>
    deps.openExplainer(model, {
      ...options,
      ...instead,
      methods: names.map((name) => deps.methods[name](methodOptions)),
    });
  const source = await ExplainerSource.open(open, {
    mayLeaveGpu: flags.backend === 'auto' && flags.runtime === 'auto',
    notice,
  });
  const crew = new Crew(source, {
    script: deps.threadScript,
    setup: { model, methods: names, methodOptions, explainer: options, unit },
    workers: flags.workers,
  });
  try {
    const { facts } = source;
    if (settings.notice && holdsPictures(inputs)) notice(settings.notice);
    if (!flags.layer) for (const { reason } of facts.layers) notice(`target layer: ${reason}`);
    for (const line of leftOut(facts.skipped ?? [])) notice(line);
    const report = new Report(jobs.length, flags.out);
    if (!flags.resume && (await isLeft(journalPath(flags.out, suffix))))
      notice(`${flags.out} holds an unfinished run, which begins anew; --resume goes on from it.`);
    const identity = {
      model: await digestFile(model),
      options: digest({ ...options, unit, names, methodOptions, shard: flags.shard }),
      inputs: digest(all.map(({ input, image }) => `${input.path} ${image}`)),
    };
    const work = await Work.open({
      out: flags.out,
      suffix,
      jobs,
      batch: flags.batch,
      identity,
      resume: flags.resume === true,
      report,
    });
    const progress = startProgress(deps.stderr, jobs.length, quiet);
    for (let done = jobs.length - work.left; done > 0; done--) progress.step();
    let stopping = false;
    const ignore = deps.onInterrupt(() => {
      stopping = true;
      deps.stderr.write(
        'onnx-cam: stopping after the pictures in hand; press Ctrl-C again to quit at once.\n',
      );
    });
    let complete = false;
    const resultFiles = {
      out: flags.out,
      suffix,
      index: flags.pack !== undefined,
      sheet: cards
        ? {
            model: basename(model),
            layers: facts.layers.map(({ name }) => name),
            methods: names.filter((name) => !facts.skipped?.some(({ method }) => method === name)),
            backend: facts.backend,
            runtime: facts.runtime,
          }
        : undefined,
    };
    try {
      const executors = await crew.assemble(work.left);
      complete = await work.explain({
        executors,
        replace: () => crew.another(),
        stopping: () => stopping,
        onImage: () => progress.step(),
        cards,
      });
    } finally {
      ignore();
      progress.stop();
      if (labels && work.classes !== undefined && labels.length !== work.classes) {
        notice(
          `labels: expected one per class (${work.classes}), got ${labels.length}: they may belong to another model.`,
        );
      }
      await work.finish(resultFiles, !complete || flags.resume === true);
      deps.stderr.write(report.failures());
    }
    if (!quiet) {
      const files = [
        `summary${suffix}.json`,
        ...(flags.pack !== undefined ? [`index${suffix}.jsonl`] : []),
        ...(cards ? [join(flags.out, `index${suffix}.html`)] : []),
      ];
      deps.stdout.write(report.text({ backend: facts.backend, runtime: facts.runtime, files }));
    }
    if (!complete) {
      notice(`stopped: --resume with the same command goes on from here.`);
      return exitCodes.interrupted;
    }
    if (report.failedCount === 0) return exitCodes.done;
    return work.modelFailed && report.doneCount === 0 ? exitCodes.usage : exitCodes.someFailed;
  } finally {
    await crew.dispose();
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
