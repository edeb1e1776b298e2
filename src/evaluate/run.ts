import { CamError } from '../errors.js';
import type { MethodProgress } from '../explain/options.js';
import { concernsEveryImage } from '../explain/stream.js';
import { type Probe, replaceRegion, seedFor, zeroBaseline } from '../metrics/index.js';
import type { Explanation, InputTensor, SaliencyMap } from '../types.js';
import type { LoadedSample, Problem, Sample, Truth } from './data-set.js';
import { inputOf } from './input.js';
import { type Case, type Metric, type NamedMap, PictureCase } from './metric.js';
import { type PassScorer, passScorer } from './passes.js';
import type { AnyRecord, FailureRecord, MethodRecord, PictureRecord } from './record.js';
import { storeMap } from './stored-map.js';
import type { Subject } from './subject.js';

export interface RunOptions {
  readonly metrics: readonly Metric[];
  /** Seed of all random choices. */
  readonly seed: number;
  /** Pictures explained in one call. */
  readonly batch: number;
  /** Perturbed images in one forward pass. */
  readonly passBatch: number;
  /** Pictures to skip: they have a record already. */
  readonly done?: ReadonlySet<string>;
  /** True once the user wants to stop. The current picture is finished first. */
  readonly stopping?: () => boolean;
  /** Stops the evaluation between two passes of the model, and throws its reason. */
  readonly signal?: AbortSignal;
  /** Progress of methods of many passes. */
  readonly onProgress?: (progress: MethodProgress) => void;
}

/** A sample and its index in the data set; its seed depends on the index. */
export interface PlacedSample {
  readonly sample: Sample;
  readonly index: number;
}

/** A picture that is ready to be explained. */
interface Ready {
  readonly name: string;
  readonly loaded: LoadedSample;
  readonly problems: readonly Problem[];
  readonly picture: PictureCase;
  readonly score: number;
}

/**
 * Explains pictures and measures the maps, one record per picture. Blocks of `batch` pictures are the same
 * whichever pictures are done already, so a resumed run gives the same results as an uninterrupted one.
 * @throws {CamError} Errors that concern the whole run.
 */
export async function* evaluatePictures(
  subject: Subject,
  samples: readonly PlacedSample[],
  options: RunOptions,
): AsyncGenerator<AnyRecord, void, undefined> {
  const { batch, done = new Set<string>(), stopping = () => false } = options;
  const scorer = passScorer(subject, options.passBatch);
  for (let from = 0; from < samples.length; from += batch) {
    const block = samples.slice(from, from + batch);
    if (block.every(({ sample }) => done.has(sample.name))) continue;
    for await (const record of evaluateBlock(subject, block, scorer, options)) {
      yield record;
      if (stopping()) return;
    }
  }
}

async function* evaluateBlock(
  subject: Subject,
  block: readonly PlacedSample[],
  scorer: PassScorer,
  options: RunOptions,
): AsyncGenerator<AnyRecord, void, undefined> {
  const failures = new Map<string, Failure>();
  const ready: Ready[] = [];
  for (const placed of block) {
    try {
      ready.push(await prepared(subject, placed, options));
    } catch (error) {
      failures.set(placed.sample.name, failureOf(error));
    }
  }
  const targets = ready.map(({ picture }) => classesOf(picture, options.metrics));
  const explanations = await explained(
    subject,
    ready.map(({ loaded }) => loaded.picture),
    targets,
    (failure, at) => failures.set(ready[at].name, failure),
    options,
  );
  const without = options.metrics.some(({ counterfactual }) => counterfactual)
    ? await withoutObject(subject, ready, options)
    : [];
  const byName = new Map(ready.map((one, at) => [one.name, at]));
  for (const { sample } of block) {
    if (options.done?.has(sample.name)) continue;
    const at = byName.get(sample.name);
    const failure = failures.get(sample.name);
    if (failure) yield { picture: sample.name, ...failure };
    else if (at !== undefined) {
      yield await measuredRecord(scorer, ready[at], explanations[at], without[at], options);
    }
  }
}

type Failure = Omit<FailureRecord, 'picture'>;

/** One image's failure. Errors that end the run are thrown on. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof CamError) || concernsEveryImage(error)) throw error;
  return { error: error.message, byModel: error.code === 'model' };
}

async function prepared(
  { explainer, scores }: Subject,
  { sample, index }: PlacedSample,
  { seed, signal }: RunOptions,
): Promise<Ready> {
  const loaded = await sample.load();
  const { tensor, truth } = inputOf(loaded, explainer);
  const [row] = await scores(tensor.data, [1, ...tensor.shape], signal);
  const predicted = row.indexOf(Math.max(...row));
  const problems = [...loaded.problems];
  const { label } = truth;
  const known = label === undefined || label < row.length;
  if (!known) {
    problems.push({
      where: sample.name,
      what: `label beyond the model's ${row.length} classes`,
      got: String(label),
    });
  }
  if (loaded.truth.boxes && !truth.boxes)
    problems.push({ where: sample.name, what: 'box outside of the part that the network sees' });
  const cues = known ? truth.cues?.filter(({ other }) => other < row.length) : undefined;
  const usable: Truth = { ...truth, label: known ? label : undefined, cues };
  const picture = new PictureCase(tensor, predicted, usable, seedFor(seed, index));
  return { name: sample.name, loaded, problems, picture, score: row[predicted] };
}

/** The classes whose maps the metrics need; the predicted one first. */
function classesOf({ predicted, truth }: PictureCase, metrics: readonly Metric[]): number[] {
  const wanted = new Set([predicted]);
  const needs = new Set(metrics.flatMap((metric) => metric.needs));
  const located = needs.has('boxes') || needs.has('mask') || needs.has('label');
  if (truth.label !== undefined && located) wanted.add(truth.label);
  if (truth.label !== undefined && needs.has('cues'))
    for (const { other } of truth.cues ?? []) wanted.add(other);
  return [...wanted];
}

type Explanations = ReadonlyMap<number, Explanation>;

/** Explanations of each image by class. */
async function explained(
  { explainer }: Subject,
  images: readonly LoadedSample['picture'][],
  targets: readonly (readonly number[])[],
  fail: (failure: Failure, at: number) => void,
  { signal, onProgress }: RunOptions,
): Promise<Explanations[]> {
  const found = images.map(() => new Map<number, Explanation>());
  if (images.length === 0) return found;
  const all = await explainer.explain(images, {
    targets,
    batch: images.length,
    onError: (error, at) => fail(failureOf(error), at),
    signal,
    onProgress,
  });
  for (const explanation of all) found[explanation.image].set(explanation.target.index, explanation);
  return found;
}

/**
 * Explanations of the predicted class after the mean colour replaced the object; missing where there is no
 * object.
 */
async function withoutObject(
  subject: Subject,
  ready: readonly Ready[],
  options: RunOptions,
): Promise<(Explanation | undefined)[]> {
  const images: InputTensor[] = [];
  const owners: number[] = [];
  ready.forEach(({ picture: { tensor, truth } }, at) => {
    if (!truth.boxes) return;
    try {
      images.push(replaceRegion(tensor, truth.boxes, zeroBaseline(tensor)));
      owners.push(at);
    } catch (error) {
      failureOf(error); // a box without a pixel: there is nothing to replace
    }
  });
  const found = await explained(
    subject,
    images,
    owners.map((at) => [ready[at].picture.predicted]),
    () => undefined,
    options,
  );
  const by = new Map(owners.map((at, i) => [at, found[i].get(ready[at].picture.predicted)]));
  return ready.map((_, at) => by.get(at));
}

async function measuredRecord(
  scorer: PassScorer,
  { name, picture, problems, score }: Ready,
  explanations: Explanations,
  without: Explanation | undefined,
  { metrics, signal }: RunOptions,
): Promise<PictureRecord> {
  const { predicted, truth, tensor } = picture;
  const maps = explanations.get(predicted)?.maps ?? {};
  const probes: { readonly method: string; readonly metric: string; readonly probe: Probe<unknown> }[] = [];
  for (const method of Object.keys(maps)) {
    const of = caseOf(picture, method, explanations, without);
    for (const metric of metrics) {
      const probe = metric.probe(of);
      if (probe) probes.push({ method, metric: metric.name, probe });
    }
  }
  const started = performance.now();
  const asked = probes.map(({ probe }) => probe);
  const scores = await scorer(asked, tensor.shape, predicted, signal);
  const milliseconds = performance.now() - started;
  const evidence = new Map<string, Record<string, unknown>>();
  for (const { method, metric, probe } of probes)
    evidence.set(method, { ...evidence.get(method), [metric]: probe.result(scores) });
  const trueClass = truth.label ?? predicted;
  const methods = Object.entries(maps).map(([method, map]): [string, MethodRecord] => {
    const trueMap = trueClass === predicted ? undefined : explanations.get(trueClass)?.maps[method];
    return [
      method,
      {
        evidence: evidence.get(method) ?? {},
        map: storeMap(map),
        ...(trueMap && !map.classAgnostic && { trueMap: storeMap(trueMap) }),
        classAgnostic: map.classAgnostic,
        diagnostics: map.diagnostics,
        milliseconds: map.milliseconds,
      },
    ];
  });
  return {
    picture: name,
    label: truth.label,
    predicted,
    score,
    size: [picture.size[0], picture.size[1]],
    problems,
    methods: Object.fromEntries(methods),
    passes: { count: scores.size, milliseconds },
  };
}

function caseOf(
  picture: PictureCase,
  method: string,
  explanations: Explanations,
  without: Explanation | undefined,
): Case {
  const { predicted, truth } = picture;
  const of = (index: number): SaliencyMap | undefined => explanations.get(index)?.maps[method];
  const map = of(predicted);
  if (!map) throw new CamError('model', `${method}: expected a map of class ${predicted}, got none.`);
  const trueClass = truth.label !== undefined && of(truth.label) ? truth.label : predicted;
  const after = without?.maps[method]?.weights;
  // A map that ignores the class is the same for all classes, and so is the order of its pixels.
  const named = (index: number): NamedMap => {
    const { saliency, shape } = of(map.classAgnostic ? predicted : index) ?? map;
    return { name: map.classAgnostic ? method : `${method} ${index}`, data: saliency, shape };
  };
  const own = truth.label === undefined ? undefined : of(truth.label)?.raw;
  return {
    picture,
    map: named(predicted),
    trueMap: named(trueClass),
    cues: (truth.cues ?? []).flatMap(({ other }) => {
      const others = of(other)?.raw;
      return own && others ? [{ class: other, own, other: others }] : [];
    }),
    weights: map.weights && after ? { before: map.weights, after } : undefined,
    classAgnostic: map.classAgnostic,
  };
}
