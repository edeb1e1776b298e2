import { CamError } from '../errors.js';
import type { Replacement } from './replacement.js';

/** One changed copy of an image, for the model to score. */
export interface Perturbed {
  /**
   * Names the change. Equal keys of one image mean equal copies, so figures that ask for the same copy share
   * its pass.
   */
  readonly key: string;
  /**
   * `[C, H, W]`. The buffer is reused: copy it before you take the next. It may be computed only when it is
   * read.
   */
  readonly image: Float32Array;
  /** How the copy is made, if it is the image with some pixels replaced. */
  readonly replacement?: Replacement;
}

/** The model's answer for one perturbed image. */
export interface Score {
  /** Softmax probability of the class in question, 0..1. */
  readonly score: number;
  /** The class with the highest score. */
  readonly predicted: number;
}

/**
 * A figure of one image that needs forward passes. It says which copies to score, then computes the figure.
 */
export interface Probe<Result> {
  /** The copies, made one after another; each call starts again. */
  passes(): Iterable<Perturbed>;
  /**
   * The figure from the scores by key; further keys are ignored.
   * @throws {CamError} `input` where the score of a pass is missing or not finite.
   */
  result(scores: ReadonlyMap<string, Score>): Result;
}

/** Perturbed images in one buffer, ready for a session. */
export interface PassBatch {
  /** One per image of the batch. */
  readonly keys: readonly string[];
  /** `[keys.length, C, H, W]`. The buffer is reused: the next batch overwrites it. */
  readonly data: Float32Array;
}

export interface PassOptions {
  /** Images per batch, minimum 1. @default 16 */
  readonly batch?: number;
  /** Keys that need no pass: they have a score already. */
  readonly known?: { has(key: string): boolean };
}

/**
 * The passes that several probes of one image need, each key once.
 * @param known  Keys that need no pass: they have a score already.
 * @throws {CamError} `shape` where probes are of images of different sizes.
 */
export function* distinctPasses(
  probes: Iterable<Pick<Probe<unknown>, 'passes'>>,
  known?: PassOptions['known'],
): Generator<Perturbed, void, undefined> {
  const taken = new Set<string>();
  let length: number | undefined;
  for (const probe of probes) {
    for (const pass of probe.passes()) {
      const values = (pass.replacement?.image.data ?? pass.image).length;
      length ??= values;
      // Checked before equal keys are skipped: images of different sizes may share keys.
      if (values !== length) {
        throw new CamError(
          'shape',
          `passes: expected images of ${length} values (as the first), got ${values}. Score one image at a time.`,
        );
      }
      if (taken.has(pass.key) || known?.has(pass.key)) continue;
      taken.add(pass.key);
      yield pass;
    }
  }
}

/**
 * The passes that several probes of one image need, each key once, in batches. All batches share one buffer
 * of `batch` images; the last may be shorter.
 * @throws {CamError} `option` for a batch below 1; `shape` where probes are of images of different sizes.
 */
export function* passBatches(
  probes: Iterable<Pick<Probe<unknown>, 'passes'>>,
  { batch = 16, known }: PassOptions = {},
): Generator<PassBatch, void, undefined> {
  expectBatch(batch);
  let buffer = new Float32Array(0);
  let keys: string[] = [];
  for (const { key, image } of distinctPasses(probes, known)) {
    if (buffer.length === 0) buffer = new Float32Array(batch * image.length);
    buffer.set(image, keys.length * image.length);
    keys.push(key);
    if (keys.length < batch) continue;
    yield { keys, data: buffer };
    keys = [];
  }
  if (keys.length > 0) yield { keys, data: buffer.subarray(0, (buffer.length / batch) * keys.length) };
}

/** Checks that a batch has at least one image. */
export function expectBatch(batch: number): void {
  if (!Number.isInteger(batch) || batch < 1)
    throw new CamError('option', `passes: batch: expected an integer of at least 1, got ${batch}.`);
}

/**
 * Scores every pass of the probes of one image.
 *
 * @param forward  Takes `[count, C, H, W]` and gives a score per image. The buffer is overwritten once the
 *   promise resolves.
 * @param scores   Filled in place; scores that it holds already are not computed again.
 * @throws {CamError} `shape` when `forward` gives another number of scores; see also `passBatches`.
 */
export async function scorePasses(
  probes: Iterable<Pick<Probe<unknown>, 'passes'>>,
  forward: (data: Float32Array, count: number) => Promise<readonly Score[]>,
  { batch, scores = new Map() }: { readonly batch?: number; readonly scores?: Map<string, Score> } = {},
): Promise<Map<string, Score>> {
  for (const { keys, data } of passBatches(probes, { batch, known: scores })) {
    addScores(scores, keys, await forward(data, keys.length));
  }
  return scores;
}

/**
 * Stores the scores of a batch by key.
 * @throws {CamError} `shape` where there are more or fewer scores than keys.
 */
export function addScores(
  scores: Map<string, Score>,
  keys: readonly string[],
  given: readonly Score[],
): void {
  if (given.length !== keys.length) {
    throw new CamError(
      'shape',
      `passes: forward: expected ${keys.length} scores (one per image), got ${given.length}.`,
    );
  }
  keys.forEach((key, i) => {
    scores.set(key, given[i]);
  });
}

/**
 * Scores of a batch from the model's logits `[n, classes]`: softmax in float64 of class `target`, and the
 * first class with the highest logit.
 * @throws {CamError} `shape`, `target`, `input` (a logit that is not a number or +∞).
 */
export function scoresOfLogits(logits: ArrayLike<number>, classes: number, target: number): Score[] {
  if (!Number.isInteger(classes) || classes < 1 || logits.length % classes !== 0) {
    throw new CamError(
      'shape',
      `scores: expected logits [n, ${classes}], got ${logits.length} values. Pass the number of classes.`,
    );
  }
  if (!Number.isInteger(target) || target < 0 || target >= classes)
    throw new CamError('target', `scores: expected a class from 0 to ${classes - 1}, got ${target}.`);
  return Array.from({ length: logits.length / classes }, (_, n) => {
    const row = n * classes;
    let predicted = 0;
    for (let c = 1; c < classes; c++) if (logits[row + c] > logits[row + predicted]) predicted = c;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[row + c] - logits[row + predicted]);
    const score = Math.exp(logits[row + target] - logits[row + predicted]) / sum;
    if (!Number.isFinite(score))
      throw new CamError(
        'input',
        `scores: expected logits that are numbers, got some that are not, image ${n}.`,
      );
    return { score, predicted };
  });
}

/** The score of a pass; without one, an error names the pass. */
export function scoreOf(where: string, scores: ReadonlyMap<string, Score>, key: string): Score {
  const score = scores.get(key);
  if (score === undefined) {
    throw new CamError(
      'input',
      `${where}: scores: expected one for the pass "${key}", got none. Score every image of passes().`,
    );
  }
  if (!Number.isFinite(score.score))
    throw new CamError(
      'input',
      `${where}: expected finite scores, got ${score.score} for the pass "${key}".`,
    );
  return score;
}
