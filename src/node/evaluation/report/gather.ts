import { basename } from 'node:path';
import {
  agreement,
  type ChosenMetrics,
  countProblems,
  type DataSet,
  type FailureRecord,
  inputOf,
  type PlacedSample,
  type Subject,
  summarise,
  summariseSanity,
  type Truth,
} from '../../../evaluate/index.js';
import type { ClassNames } from '../datasets/index.js';
import type { EvaluateFlags } from '../flags.js';
import type { EvaluationJournal, Settings } from '../journal.js';
import type { Evaluation } from './evaluation.js';

/** The inputs of the final evaluation. */
export interface EvaluationRun {
  readonly flags: EvaluateFlags;
  readonly data: DataSet;
  readonly chosen: ChosenMetrics;
  readonly samples: readonly PlacedSample[];
  readonly journal: EvaluationJournal;
  readonly settings: Settings;
  readonly classes: ClassNames;
  readonly model: string;
  readonly subject: Subject;
}

/** All results over the records of this run's pictures, in the order of the data set. */
export async function evaluationOf(
  run: EvaluationRun,
  failed: readonly FailureRecord[],
): Promise<Evaluation> {
  const { flags, data, chosen, samples, journal, settings, subject, model } = run;
  const { explainer } = subject;
  const order = [...samples].sort((a, b) => a.index - b.index);
  const records = order.flatMap(({ sample }) => journal.pictures.get(sample.name) ?? []);
  const byName = new Map(order.map(({ sample }) => [sample.name, sample]));
  const truths = new Map<string, Truth>();
  const truth = async (name: string): Promise<Truth> => {
    const sample = byName.get(name);
    const known = truths.get(name) ?? (sample ? inputOf(await sample.load(), explainer).truth : {});
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

const BARE_RUNS = 7;

/**
 * Forward passes per second of the bare session, on a batch like those of the metrics: the median of several
 * runs, after one to warm up.
 */
async function bareRate(
  { explainer, scores }: Subject,
  [height, width]: readonly [number, number],
  batch: number,
): Promise<number> {
  const stated = explainer.input.shape?.[1];
  const channels = typeof stated === 'number' ? stated : 3;
  const data = new Float32Array(batch * channels * height * width);
  const times: number[] = [];
  for (let run = 0; run <= BARE_RUNS; run++) {
    const start = performance.now();
    await scores(data, [batch, channels, height, width]);
    times.push(performance.now() - start);
  }
  const sorted = times.slice(1).sort((a, b) => a - b);
  return (1000 * batch) / sorted[BARE_RUNS >> 1];
}
