import { basename } from 'node:path';
import { CamError } from '../../errors.js';
import type { AnyMethod } from '../../methods/method.js';
import { answerOf, type LikeTarget, topCount } from '../../targets/index.js';
import { digest } from '../files/digest.js';
import { prepareFolder } from '../files/files.js';
import { collectInputs } from '../inputs/collect.js';
import type { Input } from '../inputs/input.js';
import {
  expectBounded,
  isPerImage,
  type Job,
  type JobTarget,
  planJobs,
  type TargetOption,
} from '../inputs/jobs.js';
import { ReadModel } from '../model/model-digest.js';
import { findSettings, preprocessingNotice } from '../model/settings.js';
import type { ExplainFlags } from '../options/explain.js';
import { chooseModel } from '../options/model-argument.js';
import { chosenMethods } from '../options/values.js';
import { pictureFormats } from '../outputs/encode.js';
import type { Dependencies } from '../terminal/dependencies.js';
import type { RunIdentity } from './identity.js';
import { likenessFile, likenessOf } from './likeness.js';
import { runtimeNotice } from './runtime-notice.js';
import type { Facts, Open } from './source.js';
import { renamedNotice, withDistinctStems } from './stems.js';
import type { ThreadSetup } from './thread.js';
import type { UnitOptions } from './unit.js';

/** A run without its images. Plain data: another process may do the work. */
export interface RunPlan extends Omit<ThreadSetup, 'unit' | 'methodOptions'> {
  readonly methodOptions: Pick<ThreadSetup['methodOptions'], 'bins' | 'resolution' | 'region' | 'channels'>;
  readonly unit: Omit<UnitOptions, 'batch' | 'output'> & {
    readonly output: Omit<UnitOptions['output'], 'noted'>;
  };
  /** Images per forward pass; the model's own batch size where missing. */
  readonly batch?: number;
  /** Whether kernels and model may move to the CPU where the GPU is lost for good. */
  readonly mayLeaveGpu: boolean;
  /** Identifies the run, by name. */
  readonly identity: RunIdentity & { readonly inputs: string };
}

export interface PlannedRun {
  readonly plan: RunPlan;
  /** The model's files. */
  readonly read: ReadModel;
  /** True for the bundled classifier. */
  readonly bundled: boolean;
  readonly inputs: readonly Input[];
  /** All images of all inputs. */
  readonly jobs: readonly Job[];
  /** Notices for the user, before the work starts. */
  readonly notices: readonly string[];
}

/**
 * Reads everything that the options name, except the model itself, and lists the images.
 * @param command  Its name, for error messages.
 * @throws {CamError} For what makes the whole run impossible, as far as it is known without the model.
 */
export async function planRun(
  command: string,
  args: readonly string[],
  flags: ExplainFlags,
  deps: Pick<Dependencies, 'methods' | 'bundledModel' | 'openExplainer'> &
    Partial<Pick<Dependencies, 'onInterrupt'>>,
): Promise<PlannedRun> {
  const { names, unservable } = chosenMethods(flags.method, Object.keys(deps.methods));
  const { bins, resolution, region, channels, batch } = flags;
  const methodOptions = { bins, resolution, region, ...(channels !== undefined && { channels }) };

  if (flags.runtime === 'webgpu' && flags.backend === 'wasm') {
    throw new CamError(
      'option',
      '--runtime webgpu: needs --backend webgpu (the model shares the GPU of the kernels), got --backend wasm. ' +
        'Leave out one of the two.',
    );
  }

  const {
    model,
    bundled,
    inputs: paths,
  } = await chooseModel(`${command} model.onnx photo.jpg`, flags.model, args, deps);
  if (paths.length === 0 && flags.list === undefined)
    throw new CamError(
      'option',
      `${command}: expected pictures, got none. Name pictures or folders, or give --list.`,
    );
  const { onInterrupt } = deps;
  const found = await collectInputs(paths, flags.out, { list: flags.list, onInterrupt });
  expectBounded(found);
  const { inputs, renamed } = withDistinctStems(found);
  await prepareFolder(flags.out);

  const settings = await findSettings(model, { preprocess: flags.preprocess, labels: flags.labels });
  const { preprocessing } = settings;
  const opening: ThreadSetup['explainer'] = {
    layers: flags.layer,
    // A model on the GPU needs its kernels on the same GPU. Where there is none, this error says what to do.
    backend: flags.runtime === 'webgpu' ? 'webgpu' : flags.backend,
    runtime: flags.runtime,
    output: flags.output,
    ...(flags.boxes && { boxes: flags.boxes }),
    ...(flags.picture !== undefined && { picture: flags.picture }),
    ...(flags.input && { inputs: flags.input }),
    score: flags.score,
    unservable,
    eigenSmooth: flags.eigenSmooth,
    threads: flags.threads,
    ...settings,
    ...(flags.activation && { activation: flags.activation, activationSource: undefined }),
  };
  const targets = await withLikenesses(flags.target, (file) => likenessOf(file, model, opening, deps));
  const jobs = planJobs(inputs, targets, flags.pack);
  const isAnswer = (target: TargetOption) => !isPerImage(target) && answerOf(target) !== undefined;
  // The model is opened for one kind of target.
  const explainer = targets.some(isAnswer)
    ? { ...opening, target: targets as readonly JobTarget[] }
    : opening;
  const unit: RunPlan['unit'] = {
    cards: flags.format?.includes('html') === true,
    augment: flags.augment === true,
    preprocessing,
    output: {
      out: flags.out,
      // Packed results are arrays: --pack exists to avoid millions of picture files.
      pictures: pictureFormats.filter(
        (format) => flags.format?.includes(format) ?? (format === 'png' && flags.pack === undefined),
      ),
      npy: flags.format?.includes('npy') ?? flags.pack !== undefined,
      raw: flags.raw === true,
      weights: flags.weights === true,
      packed: flags.pack !== undefined,
      severalTargets: targets.length > 1 || (topCount(targets[0]) ?? 1) > 1,
      poster: flags.format?.includes('poster') ? { model: basename(model) } : undefined,
      overlay: { colormap: flags.colormap, alpha: flags.alpha, heatOnly: flags.heatOnly },
      caption: flags.caption !== false,
    },
  };
  const read = await ReadModel.at(model);
  const identity = {
    model: read.digest,
    preprocessing: digest(preprocessing ?? null),
    labels: digest(settings.labels ?? null),
    options: digest({
      ...explainer,
      // These have digests of their own: the files' content counts, not their paths.
      ...{ preprocessing: null, labels: null, preprocessingSource: null, labelsSource: null },
      activationSource: null,
      // Threads change only the speed; the folder is where this digest is stored.
      threads: 0,
      unit: { ...unit, preprocessing: null, output: { ...unit.output, out: '' } },
      ...{ batch, names, methodOptions, pack: flags.pack },
      // In a list, each image has its own target.
      targets: targets.map((target) => (isPerImage(target) ? 'list' : target)),
    }),
    inputs: digest(jobs.map(({ input, image }) => `${input.path} ${image}`)),
  };
  const mayLeaveGpu = flags.backend === 'auto' && flags.runtime === 'auto';
  return {
    plan: { model, methods: names, methodOptions, explainer, unit, batch, mayLeaveGpu, identity },
    read,
    bundled,
    inputs,
    jobs,
    notices: renamedNotice(renamed),
  };
}

/** The targets, with the files that they name read. */
function withLikenesses(
  asked: readonly TargetOption[],
  likeness: (file: string) => Promise<LikeTarget>,
): Promise<readonly TargetOption[]> {
  const targets: readonly TargetOption[] = asked.length > 0 ? asked : ['predicted'];
  const files = targets.flatMap((target) => likenessFile(target) ?? []);
  const isAmbiguous = (file: string) =>
    files.some((other) => other !== file && basename(other) === basename(file));
  return Promise.all(
    targets.map(async (target) => {
      const file = likenessFile(target);
      if (file === undefined) return target;
      // The name stands in file names: files of one name are told apart by their folders.
      return { ...(await likeness(file)), name: `like:${isAmbiguous(file) ? file : basename(file)}` };
    }),
  );
}

/**
 * How a plan's explainer is opened.
 * @param read  The model that was read for the plan's digest.
 */
export const opener =
  (plan: RunPlan, read: ReadModel, deps: Pick<Dependencies, 'methods' | 'openExplainer'>): Open =>
  (instead) => {
    const methods = plan.methods.map((name) => deps.methods[name](plan.methodOptions));
    return deps.openExplainer(plan.model, { ...plan.explainer, ...instead, methods }, read.take());
  };

/** What MI-CAM compares with where the channels are not colours. */
function grayNotice({ shape }: Facts['input']): string[] {
  const channels = shape?.[1];
  if (typeof channels !== 'number' || channels === 1 || channels === 3) return [];
  return [
    `mi-cam: the grey picture is the mean of the ${channels} channels, each image scaled from its least to its largest value.`,
  ];
}

/** A notice where classes were requested and no method depends on the class. */
function targetNotice(methods: readonly AnyMethod[]): string[] {
  if (methods.some(({ classAgnostic }) => !classAgnostic)) return [];
  const names = methods.map(({ name }) => name).join(', ');
  return [
    `--target changes no map: ${names}: same for every class. Add a method that depends on the class, such as --method grad-cam.`,
  ];
}

/**
 * Notices for the user that need the opened model.
 * @throws {CamError} `option` where all inputs are pictures and the model cannot take pictures.
 */
export function modelNotices(
  { model, explainer, methods: requested, methodOptions }: RunPlan,
  facts: Facts,
  jobs: readonly Job[],
  deps: Pick<Dependencies, 'methods'>,
): string[] {
  const { layers, runtime, scores, skipped = [], input, preprocessingSource, pictureObstacle } = facts;
  // Where no input can be read, only that error matters.
  if (jobs.every(({ input }) => input.kind === 'failed')) return [];
  const usable = [...new Set(jobs.map(({ input }) => input))].filter(({ kind }) => kind !== 'failed');
  const served = requested.filter((name) => !skipped.some(({ method }) => method === name));
  const pictures = usable.some(({ kind }) => kind === 'picture');
  if (pictures && pictureObstacle !== undefined && usable.every(({ kind }) => kind === 'picture'))
    throw new CamError('option', `${model}: ${pictureObstacle}`);
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return [
    ...runtimeNotice(explainer.runtime, runtime),
    ...scores.remarks.map((remark) => `scores: ${remark}`),
    ...(pictures && pictureObstacle === undefined && !explainer.preprocessing
      ? [preprocessingNotice(model, preprocessingSource)]
      : []),
    ...(jobs.some(({ targets }) => targets.some((target) => target !== 'predicted'))
      ? targetNotice(served.map((name) => deps.methods[name](methodOptions)))
      : []),
    ...(requested.includes('mi-cam') ? grayNotice(input) : []),
    ...(explainer.layers ? [] : layers.map(({ reason }) => `target layer: ${reason}`)),
    ...reasons.map((reason) => {
      const methods = skipped.filter((one) => one.reason === reason).map(({ method }) => method);
      return `left out: ${methods.join(', ')}: ${reason}`;
    }),
  ];
}
