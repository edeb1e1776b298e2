import { join } from 'node:path';
import { errorText, printable } from '../../../errors.js';
import {
  type ChosenMetrics,
  chooseMetrics,
  type DataSet,
  evaluatePictures,
  type FailureRecord,
  type PlacedSample,
} from '../../../evaluate/index.js';
import type { ExplainerOptions } from '../../../explainer.js';
import type { ModelSettings } from '../../../image/index.js';
import { randomOrder } from '../../../metrics/index.js';
import { ClassNames, openDataSet } from '../../evaluation/datasets/index.js';
import type { EvaluateFlags } from '../../evaluation/flags.js';
import { EvaluationJournal, type Settings } from '../../evaluation/journal.js';
import type { Evaluation } from '../../evaluation/report/evaluation.js';
import { type EvaluationRun, evaluationOf } from '../../evaluation/report/gather.js';
import { writeReport } from '../../evaluation/report/html.js';
import { writeResults } from '../../evaluation/report/results.js';
import { closing, notices } from '../../evaluation/report/words.js';
import { cascade } from '../../evaluation/sanity.js';
import { mapConcurrently } from '../../files/concurrent.js';
import { digest } from '../../files/digest.js';
import { prepareFolder } from '../../files/files.js';
import { expectFree, WrittenFiles, writtenFilesPath } from '../../files/written-files.js';
import { digestModel } from '../../model/model-digest.js';
import { findSettings, labelsInModel, preprocessingNotice } from '../../model/settings.js';
import { chooseModel } from '../../options/model-argument.js';
import { chosenMethods } from '../../options/values.js';
import { FolderLock } from '../../run/folder-lock.js';
import { runtimeNotice } from '../../run/runtime-notice.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { Interrupt } from '../../terminal/interrupt.js';
import { line } from '../../terminal/line.js';
import { startProgress } from '../../terminal/progress.js';
import { exitCodes } from '../exit-codes.js';

/**
 * Measures how good a model's maps are over a data set, and writes `results.json`, `results.csv` and
 * `report.html` below `--out`. Progress is kept in `journal.jsonl`, from which the same command continues.
 * @returns The exit code, as for `explain`.
 * @throws {CamError} For what makes the whole run impossible.
 */
export async function evaluate(flags: EvaluateFlags, deps: Dependencies): Promise<number> {
  const lock = new FolderLock(flags.out);
  try {
    return await evaluateInto(lock, flags, deps);
  } finally {
    await lock.release();
  }
}

async function evaluateInto(lock: FolderLock, flags: EvaluateFlags, deps: Dependencies): Promise<number> {
  const quiet = flags.quiet === true;
  const notice = (text: string): void => {
    if (!quiet) deps.stderr.write(line(text));
  };
  const { names, unservable } = chosenMethods(flags.method, Object.keys(deps.methods));
  const { model } = await chooseModel('evaluate --model model.onnx --data pictures', flags.model, [], deps);
  const found = await findSettings(model, { preprocess: flags.preprocess, labels: flags.labels });
  const { preprocessing } = found;
  // The data set needs the names of the classes before the model is opened.
  const labels = found.labels ?? (await labelsInModel(model));
  const classes = new ClassNames(labels);
  const data = await openDataSet(flags.data, { images: flags.images, skip: flags.out, classes });
  const chosen = chooseMetrics(flags.metrics, data, {
    steps: flags.steps,
    unseen: flags.unseen && [flags.unseen],
  });
  const samples = chooseSamples(data, flags.limit, flags.seed);
  const settings = await settingsOf(model, names, chosen, data, flags, found);
  await prepareFolder(flags.out);
  await lock.take();
  if (!flags.force) await expectFree(flags.out, ['results.json', 'results.csv', 'report.html']);
  const journal = await EvaluationJournal.open(join(flags.out, 'journal.jsonl'), settings, flags);
  try {
    const {
      bins,
      resolution,
      region,
      channels,
      layer: layers,
      backend,
      runtime,
      score,
      threads,
      output,
    } = flags;
    // CALM's probabilities are scaled like the other maps: the metrics compare maps, not the meaning of their
    // values.
    const methods = names.map((name) =>
      deps.methods[name]({ bins, resolution, region, channels, scaled: true }),
    );
    const options: ExplainerOptions = {
      ...{ methods, layers, backend, runtime, score, threads, output },
      ...found,
      ...(flags.activation && { activation: flags.activation, activationSource: undefined }),
      unservable,
    };
    const subject = await deps.openSubject(model, options);
    try {
      for (const text of runtimeNotice(runtime, subject.explainer.runtime)) notice(text);
      if (!preprocessing) notice(preprocessingNotice(model, subject.explainer.preprocessingSource));
      for (const remark of subject.explainer.scores.remarks) notice(`scores: ${remark}`);
      for (const line of notices(data, chosen, subject.explainer)) notice(line);
      const stamps = await stampsOf(samples);
      const changed = [...journal.pictures.keys()].filter(
        (name) => stamps.has(name) && stamps.get(name) !== journal.stamps.get(name),
      );
      if (changed.length > 0) {
        const who =
          changed.length === 1
            ? '1 picture changed since and is'
            : `${changed.length} pictures changed since and are`;
        notice(`${who} evaluated again.`);
        await journal.add({ changed });
      }
      const run: EvaluationRun = { flags, data, chosen, samples, journal, settings, classes, model, subject };
      return await measure(run, stamps, lock, deps);
    } finally {
      await subject.dispose();
    }
  } finally {
    await journal.close();
  }
}

/** Stamps that show whether the pictures changed, by name. */
async function stampsOf(samples: readonly PlacedSample[]): Promise<ReadonlyMap<string, string | undefined>> {
  const stamps = await mapConcurrently(samples, 16, async ({ sample }) => sample.stamp?.());
  return new Map(samples.map(({ sample }, at) => [sample.name, stamps[at]]));
}

async function measure(
  run: EvaluationRun,
  stamps: ReadonlyMap<string, string | undefined>,
  lock: FolderLock,
  deps: Dependencies,
): Promise<number> {
  const { flags, chosen, samples, journal, subject } = run;
  const quiet = flags.quiet === true;
  const progress = startProgress(deps.stderr, samples.length, quiet);
  const failed: FailureRecord[] = [];
  const interrupt = new Interrupt(deps, 'the current picture');
  interrupt.listen();
  let complete = false;
  try {
    const done = new Set(journal.pictures.keys());
    for await (const record of evaluatePictures(subject, samples, {
      metrics: chosen.metrics,
      seed: flags.seed,
      batch: flags.batch,
      passBatch: flags.passBatch,
      done,
      stopping: () => interrupt.stopping,
      signal: interrupt.signal,
      onProgress: (at) => progress.passes(at),
    })) {
      await lock.expectHeld();
      if ('error' in record) failed.push(record);
      else await journal.add({ picture: record, stamp: stamps.get(record.picture) });
      progress.step();
    }
    if (chosen.sanity && !interrupt.stopping) await cascade(subject, samples, journal, flags, interrupt);
    complete = !interrupt.stopping;
  } catch (error) {
    if (!interrupt.caused(error)) throw error;
  } finally {
    interrupt.end();
    progress.stop();
    for (const { picture, error } of failed) deps.stderr.write(line(`failed: ${named(picture, error)}`));
  }
  if (!complete) {
    if (!quiet) deps.stderr.write('onnx-cam: stopped: the same command goes on from here.\n');
    return exitCodes.interrupted;
  }
  await lock.expectHeld();
  const evaluation = await evaluationOf(run, failed);
  if (evaluation.data.evaluated > 0) {
    await writeFiles(run, evaluation);
  }
  if (!quiet) deps.stdout.write(closing(evaluation, flags.out));
  if (failed.length === 0) return exitCodes.done;
  return evaluation.data.evaluated === 0 && failed.some(({ byModel }) => byModel)
    ? exitCodes.usage
    : exitCodes.someFailed;
}

async function writeFiles(run: EvaluationRun, evaluation: Evaluation): Promise<void> {
  const { out } = run.flags;
  const files = new WrittenFiles(out, writtenFilesPath(out, ''));
  try {
    await files.tidy().catch(() => undefined); // the list is right without it
    await writeResults(out, evaluation, files);
    const byName = new Map(run.samples.map(({ sample }) => [sample.name, sample]));
    const options = {
      preprocessing: run.subject.explainer.preprocessing,
      sample: (name: string) => byName.get(name),
      className: (index: number) => run.classes.labels?.[index]?.split(',')[0] ?? `class ${index}`,
    };
    await writeReport(out, evaluation, options, files);
  } finally {
    await files.close();
  }
}

const named = (picture: string, error: string): string =>
  errorText(error.includes(printable(picture)) ? error : `${picture}: ${error}`);

/**
 * The pictures to evaluate: all, or `--limit` of them, drawn at random. A larger limit contains the pictures
 * of a smaller one.
 */
function chooseSamples(data: DataSet, limit: number | undefined, seed: number): PlacedSample[] {
  const placed = data.samples.map((sample, index): PlacedSample => ({ sample, index }));
  if (limit === undefined || limit >= placed.length) return placed;
  return Array.from(randomOrder([1, placed.length], seed).pixels.subarray(0, limit), (at) => placed[at]);
}

/** Everything that the figures depend on. Limit and batch sizes are not part of it. */
async function settingsOf(
  model: string,
  methods: readonly string[],
  { metrics, sanity }: ChosenMetrics,
  data: DataSet,
  flags: EvaluateFlags,
  { preprocessing, activation: foundActivation }: ModelSettings,
): Promise<Settings> {
  const { layer, output, score, region, channels, bins, resolution, backend, runtime, seed, steps, unseen } =
    flags;
  const { sanityOrder, sanityStages, sanityPictures } = flags;
  return {
    model: await digestModel(model),
    data: digest(data.samples.map(({ name, about }) => [name, about])),
    methods,
    metrics: [...metrics.map(({ name }) => name), ...(sanity ? ['sanity'] : [])],
    ...{ output, activation: flags.activation ?? foundActivation },
    ...{
      layer,
      score,
      region,
      channels,
      bins,
      resolution,
      backend,
      runtime,
      seed,
      steps,
      unseen,
      preprocessing,
    },
    ...(sanity && { sanityOrder, sanityStages, sanityPictures }),
  };
}
