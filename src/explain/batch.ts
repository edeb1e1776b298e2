import type { Backend } from '../backends/backend.js';
import { CamError } from '../errors.js';
import type { Ops } from '../kernels/ops.js';
import type { AnyMethod } from '../methods/method.js';
import type { CutTail } from '../onnx/cut.js';
import type { Layer } from '../onnx/model.js';
import { type Feed, isDeviceTensor, type Output, type Session } from '../runtime/index.js';
import type { Explanation, Target } from '../types.js';
import { calmProbabilities } from './calm.js';
import { expectFinite } from './finite.js';
import type { GradientSource } from './gradients.js';
import { concat, Failures, floats, imageOf } from './layers.js';
import type { Memory } from './memory.js';
import type { MethodProgress } from './options.js';
import { usualPass } from './pass-counter.js';
import type { Plan } from './plan.js';
import type { Prepared } from './prepare.js';
import { explanationOf } from './result.js';
import { BatchRun } from './run.js';
import type { BatchMaps } from './saliency.js';
import type { ScoreReader } from './scores.js';
import { type AnyTarget, resolveTargets } from './targets.js';

/** The part behind a layer, opened when it is first needed. */
export interface LazyTail {
  readonly model: CutTail;
  readonly open: () => Promise<Session>;
}

/** What a batch is explained with; the same for all batches. */
export interface BatchContext {
  readonly backend: Backend;
  readonly ops: Ops;
  readonly memory: Memory;
  readonly session: Session;
  readonly plan: Plan;
  readonly layers: readonly string[];
  /** What the model's scores mean. */
  readonly reader: ScoreReader;
  readonly candidates: readonly Layer[];
  /** The model's image input. */
  readonly input: string;
  /** Missing where no method needs gradients. */
  readonly gradients?: GradientSource;
  /** By layer. */
  readonly tails: ReadonlyMap<string, LazyTail>;
  readonly eigenSmooth: boolean;
  readonly labels?: readonly string[];
}

export interface BatchRequest {
  /** The classes asked for, by the image's position among all. */
  readonly specs: (image: number) => readonly AnyTarget[];
  /** Takes note of an image that cannot be explained, or throws. */
  readonly fail: (error: unknown, image: number) => void;
  /** Stops it between passes; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MethodProgress) => void;
}

/**
 * What one method gave for one batch, by layer, and the milliseconds that an image cost, without and with
 * what methods share.
 */
export interface MethodMaps {
  readonly layers: readonly BatchMaps[];
  readonly milliseconds: number;
  readonly wholeMilliseconds: number;
}

/** Methods with what they gave for a class of each image. */
export type Maps = ReadonlyMap<AnyMethod, MethodMaps>;

/**
 * Explains images of one size. One forward pass serves all methods; one backward pass serves a class of each
 * image.
 */
export async function explainBatch(
  images: readonly Prepared[],
  context: BatchContext,
  { specs, fail, signal, onProgress }: BatchRequest,
): Promise<Explanation[]> {
  const { session, reader, labels, plan } = context;
  const batch = images.length;
  const [c, h, w] = images[0].shape;
  const fed: Feed = { data: concat(images.map(({ tensor }) => tensor)), shape: [batch, c, h, w] };
  const needed = plan.methods.length > 0 ? undefined : scoreOutputs(context);
  const forward = async () => {
    const start = performance.now();
    const outputs = await session.run({ [context.input]: fed }, { outputs: needed, signal });
    return { outputs, milliseconds: (performance.now() - start) / batch };
  };
  const { outputs, milliseconds: pass } = await forward();
  const again = async () => {
    const { outputs, milliseconds } = await forward();
    disposeAll(outputs);
    return milliseconds;
  };
  // Only where somebody is waiting for many passes is another one worth its time.
  const isLong = onProgress !== undefined && plan.methods.some((method) => 'probe' in method);
  const failures = new Failures();
  const run = new BatchRun(images, { ...outputs, [context.input]: fed }, context, failures, {
    signal,
    onProgress,
    pass,
    usualPass: isLong ? await usualPass(session, pass, again) : pass,
  });
  try {
    if (plan.methods.length > 0) run.adoptLayers();
    const { rows, chances } = classScores(outputs, context, batch);
    const targets = images.map(({ image }, at) =>
      failures.check(at, (): readonly Target[] => {
        expectFinite(`output "${reader.scores.output}"`, rows[at], [rows[at].length]);
        const shares = chances(rows[at]);
        const asked = specs(image);
        if (asked.some((spec) => typeof spec === 'object')) expectWeightable(plan.methods);
        return resolveTargets(asked, rows[at], shares, labels);
      }),
    );
    const rounds = plan.methods.length > 0 ? await run.all(targets, rows[0].length) : [];
    return images.flatMap((image, at) => {
      const error = failures.of(at);
      if (error) {
        fail(error, image.image);
        return [];
      }
      return (targets[at] ?? []).map((target, round) =>
        explanationOf(
          image,
          at,
          batch,
          { scores: rows[at], chances: chances(rows[at]) },
          target,
          rounds[round] ?? NO_MAPS,
          context,
        ),
      );
    });
  } finally {
    run.release();
    disposeAll(outputs);
  }
}

function disposeAll(outputs: Readonly<Record<string, Output>>): void {
  for (const output of Object.values(outputs)) if (isDeviceTensor(output)) output.dispose();
}

/**
 * @throws {CamError} `target` for a method that speaks of single classes: neither a gradient nor the layer
 *   alone makes its map.
 */
function expectWeightable(methods: readonly AnyMethod[]): void {
  const other = methods.find(
    ({ classAgnostic, needs }) => !classAgnostic && !(needs as readonly string[]).includes('gradients'),
  );
  if (other)
    throw new CamError(
      'target',
      `target: expected a class (${other.name} explains one at a time), got weights of all. Ask for methods that take gradients, or for a class.`,
    );
}

const NO_MAPS: Maps = new Map();

/** What `classScores` reads. */
function scoreOutputs({ reader, plan: { calm } }: BatchContext): readonly string[] {
  const { output } = reader.scores;
  const isCalm = output === calm?.scores || output === calm?.attention;
  return isCalm && calm ? [calm.scores, calm.attention] : [output];
}

/** One score per class and image. A CALM model without such an output has p(c|x). */
function classScores(
  outputs: Readonly<Record<string, Output>>,
  { reader, plan: { calm } }: BatchContext,
  batch: number,
): { readonly rows: Float32Array[]; readonly chances: (row: Float32Array) => Float64Array } {
  const { output } = reader.scores;
  if (!calm || (output !== calm.scores && output !== calm.attention))
    return { rows: reader.rows(outputs[output], batch), chances: (row) => reader.probabilities(row) };
  const [f, a] = [calm.scores, calm.attention].map((name) => {
    const given = outputs[name];
    if (isDeviceTensor(given)) throw new Error(`${name}: expected an output on the host.`);
    return floats(given, `output "${name}"`);
  });
  const rows = Array.from({ length: batch }, (_, at) =>
    calmProbabilities(imageOf(f, at, batch), imageOf(a, at, batch)),
  );
  return { rows, chances: (row) => Float64Array.from(row) };
}
