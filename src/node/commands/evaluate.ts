import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CamError } from '../../errors.js';
import {
  agreement,
  type ChosenMetrics,
  chooseMetrics,
  countProblems,
  type DataSet,
  evaluatePictures,
  type FailureRecord,
  inputOf,
  type PlacedSample,
  type Subject,
  summarise,
  summariseSanity,
  type Truth,
} from '../../evaluate/index.js';
import type { ExplainerOptions } from '../../explainer.js';
import type { Box } from '../../metrics/index.js';
import { randomOrder } from '../../metrics/index.js';
import { ClassNames, openDataSet } from '../datasets/index.js';
import type { Dependencies } from '../dependencies.js';
import { prepareFolder, reason } from '../files.js';
import { methodNames } from '../options.js';
import { startProgress } from '../progress.js';
import type { Evaluation } from '../report/evaluation.js';
import { writeReport } from '../report/html.js';
import { digest, Journal, type Settings } from '../report/journal.js';
import { writeResults } from '../report/results.js';
import { closing, notices } from '../report/words.js';
import { findSettings } from '../settings.js';
import { type ExplainFlags, exitCodes } from './explain.js';
import { cascade } from './sanity.js';

/** The options of `evaluate`, read and checked. */
export interface EvaluateFlags
  extends Pick<
    ExplainFlags,
    | 'model'
    | 'layer'
    | 'method'
    | 'score'
    | 'region'
    | 'bins'
    | 'resolution'
    | 'backend'
    | 'runtime'
    | 'out'
    | 'preprocess'
    | 'labels'
    | 'batch'
    | 'threads'
    | 'quiet'
  > {
  readonly data: string;
  readonly images?: string;
  readonly metrics: readonly string[];
  readonly limit?: number;
  readonly seed: number;
  readonly steps: number;
  readonly passBatch: number;
  /** In the pixels of the network's input. */
  readonly unseen?: Box;
  readonly sanityOrder: 'output-first' | 'input-first';
  readonly sanityStages: number;
  readonly sanityPictures: number;
  readonly restart?: true;
}

/**
 * Measures how good a model's maps are over a data set, and writes `results.json`, `results.csv` and `report.html` below `--out`. What is
 * done is kept in `journal.jsonl`, from which the same command goes on.
 * @returns The exit code, as `explain`'s.
 * @throws {CamError} For what makes the whole run impossible.
 */
export async function evaluate(flags: EvaluateFlags, deps: Dependencies): Promise<number> {
  const quiet = flags.quiet === true;
  const notice = (text: string): void => {
    if (!quiet) deps.stderr.write(`onnx-cam: ${text}\n`);
  };
  const names = methodNames(flags.method, Object.keys(deps.methods));
  const model = flags.model ?? deps.defaultModel;
  if (flags.model === undefined)
    notice(`no --model given: using the bird classifier that comes along (${model}).`);
  const found = await findSettings(model, { preprocess: flags.preprocess, labels: flags.labels });
  const { preprocessing, labels } = found;
  const classes = new ClassNames(labels);
  const data = await openDataSet(flags.data, { images: flags.images, skip: flags.out, classes });
  const chosen = chooseMetrics(flags.metrics, data, {
    steps: flags.steps,
    unseen: flags.unseen && [flags.unseen],
  });
  const samples = chooseSamples(data, flags.limit, flags.seed);
  const settings = await settingsOf(model, names, chosen, data, flags, preprocessing);
  await prepareFolder(flags.out);
  const journal = await Journal.open(join(flags.out, 'journal.jsonl'), settings, flags.restart === true);
  try {
    const { bins, resolution, region, layer: layers, backend, runtime, score, threads } = flags;
    // Probabilities of CALM are scaled like the other maps: the metrics compare maps, not what their numbers mean.
    const methods = names.map((name) => deps.methods[name]({ bins, resolution, region, scaled: true }));
    const options: ExplainerOptions = {
      ...{ methods, layers, backend, runtime, score, threads, preprocessing, labels },
      unservable: flags.method.includes('all') ? 'skip' : 'error',
    };
    const subject = await deps.openSubject(model, options);
    try {
      if (found.notice) notice(found.notice);
      for (const line of notices(data, chosen, subject.explainer)) notice(line);
      const run: Run = { flags, deps, data, chosen, samples, journal, settings, classes, model, subject };
      return await measure(run);
    } finally {
      await subject.dispose();
    }
  } finally {
    await journal.close();
  }
}

interface Run {
  readonly flags: EvaluateFlags;
  readonly deps: Dependencies;
  readonly data: DataSet;
  readonly chosen: ChosenMetrics;
  readonly samples: readonly PlacedSample[];
  readonly journal: Journal;
  readonly settings: Settings;
  readonly classes: ClassNames;
  readonly model: string;
  readonly subject: Subject;
}

async function measure(run: Run): Promise<number> {
  const { flags, deps, chosen, samples, journal, subject } = run;
  const quiet = flags.quiet === true;
  const progress = startProgress(deps.stderr, samples.length, quiet);
  const failed: FailureRecord[] = [];
  let stopping = false;
  const ignore = deps.onInterrupt(() => {
    stopping = true;
    deps.stderr.write(
      'onnx-cam: stopping after the picture in hand; the same command goes on from there. Press Ctrl-C again to quit at once.\n',
    );
  });
  let complete = false;
  try {
    const done = new Set(journal.pictures.keys());
    for (const { sample } of samples) if (done.has(sample.name)) progress.step();
    for await (const record of evaluatePictures(subject, samples, {
      metrics: chosen.metrics,
      seed: flags.seed,
      batch: flags.batch,
      passBatch: flags.passBatch,
      done,
      stopping: () => stopping,
    })) {
      if ('error' in record) failed.push(record);
      else await journal.add({ picture: record });
      progress.step();
    }
    if (chosen.sanity && !stopping) await cascade(subject, samples, journal, flags, () => stopping);
    complete = !stopping;
  } finally {
    ignore();
    progress.stop();
    for (const { picture, error } of failed)
      deps.stderr.write(`onnx-cam: failed: ${named(picture, error)}\n`);
  }
  if (!complete) return exitCodes.interrupted;
  const evaluation = await evaluationOf(run, failed);
  if (evaluation.data.evaluated > 0) {
    await writeResults(flags.out, evaluation);
    const byName = new Map(samples.map(({ sample }) => [sample.name, sample]));
    await writeReport(flags.out, evaluation, {
      preprocessing: subject.explainer.preprocessing,
      sample: (name) => byName.get(name),
      className: (index) => run.classes.labels?.[index]?.split(',')[0] ?? `class ${index}`,
    });
  }
  if (!quiet) deps.stdout.write(closing(evaluation, flags.out));
  if (failed.length === 0) return exitCodes.done;
  return evaluation.data.evaluated === 0 && failed.some(({ byModel }) => byModel)
    ? exitCodes.usage
    : exitCodes.someFailed;
}

const named = (picture: string, error: string): string =>
  error.includes(picture) ? error : `${picture}: ${error}`;

/** The pictures to evaluate: all, or as many as asked for, drawn at random; a larger limit adds to those of a smaller one. */
function chooseSamples(data: DataSet, limit: number | undefined, seed: number): PlacedSample[] {
  const placed = data.samples.map((sample, index): PlacedSample => ({ sample, index }));
  if (limit === undefined || limit >= placed.length) return placed;
  return Array.from(randomOrder([1, placed.length], seed).pixels.subarray(0, limit), (at) => placed[at]);
}

/** All that figures depend on. Limit and batch sizes are not among them. */
async function settingsOf(
  model: string,
  methods: readonly string[],
  { metrics, sanity }: ChosenMetrics,
  data: DataSet,
  flags: EvaluateFlags,
  preprocessing: unknown,
): Promise<Settings> {
  const { layer, score, region, bins, resolution, backend, runtime, seed, steps, unseen } = flags;
  const { sanityOrder, sanityStages, sanityPictures } = flags;
  return {
    model: await fileDigest(model),
    data: digest(data.samples.map(({ name, about }) => [name, about])),
    methods,
    metrics: [...metrics.map(({ name }) => name), ...(sanity ? ['sanity'] : [])],
    ...{ layer, score, region, bins, resolution, backend, runtime, seed, steps, unseen, preprocessing },
    ...(sanity && { sanityOrder, sanityStages, sanityPictures }),
  };
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new CamError('model', `${path}: expected a model, which could not be read: ${reason(error)}.`, {
      cause: error,
    });
  }
  return hash.digest('hex').slice(0, 16);
}

/** Everything that was found, over the records of this run's pictures in the order of the data set. */
async function evaluationOf(run: Run, failed: readonly FailureRecord[]): Promise<Evaluation> {
  const { flags, data, chosen, samples, journal, settings, subject, model } = run;
  const { explainer } = subject;
  const order = [...samples].sort((a, b) => a.index - b.index);
  const records = order.flatMap(({ sample }) => journal.pictures.get(sample.name) ?? []);
  const byName = new Map(order.map(({ sample }) => [sample.name, sample]));
  const truths = new Map<string, Truth>();
  const truth = async (name: string): Promise<Truth> => {
    const sample = byName.get(name);
    const known =
      truths.get(name) ?? (sample ? inputOf(await sample.load(), explainer.preprocessing).truth : {});
    truths.set(name, known);
    return known;
  };
  const methods = await summarise(records, { metrics: chosen.metrics, seed: flags.seed, truth });
  const stages = [...journal.sanity.values()].sort((a, b) => a.stage - b.stage);
  const count = records.reduce((sum, { passes }) => sum + passes.count, 0);
  const milliseconds = records.reduce((sum, { passes }) => sum + passes.milliseconds, 0);
  return {
    model: basename(model),
    settings,
    layers: explainer.layers.map(({ name }) => name),
    backend: explainer.backend,
    runtime: explainer.runtime,
    data: {
      path: flags.data,
      kind: data.kind,
      pictures: data.samples.length,
      asked: samples.length,
      evaluated: records.length,
      failed: failed.map(({ picture, error }) => ({ picture, error })),
      problems: countProblems([...data.problems, ...records.flatMap(({ problems }) => problems)]),
    },
    metrics: chosen.metrics.map(({ name, about, group, columns, axis }) => ({
      name,
      about,
      group,
      columns,
      axis,
    })),
    leftOut: chosen.leftOut,
    skipped: explainer.skipped ?? [],
    methods,
    agreement: agreement(
      records,
      methods.map(({ method }) => method),
    ),
    ...(stages.length > 0 && {
      sanity: {
        order: flags.sanityOrder,
        pictures: Math.min(records.length, flags.sanityPictures),
        stages: stages.map(({ layer, redrawn, of }) => ({ layer, redrawn, of })),
        methods: summariseSanity(stages, methods, flags.seed),
      },
    }),
    passes: {
      count,
      ...(count > 0 && {
        perSecond: (1000 * count) / milliseconds,
        bare: await bareRate(subject, records[0].size, flags.passBatch),
      }),
    },
    records,
  };
}

/** Forward passes per second of the session alone, on a batch like those of the metrics. */
async function bareRate(
  { explainer, scores }: Subject,
  [height, width]: readonly [number, number],
  batch: number,
): Promise<number> {
  const channels = explainer.preprocessing.channels === 'GRAY' ? 1 : 3;
  const data = new Float32Array(batch * channels * height * width);
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await scores(data, [batch, channels, height, width]);
    times.push(performance.now() - start);
  }
  return (1000 * batch) / Math.min(...times);
}
