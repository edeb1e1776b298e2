import { CamError } from '../errors.js';
import type { Explainer } from '../explainer.js';
import { type CascadeMaps, type Plane, sanityCascade } from '../metrics/index.js';
import type { Explanation } from '../types.js';
import type { LoadedSample } from './data-set.js';
import type { Subject } from './subject.js';

export interface SanityOptions {
  /**
   * Which layer is randomised first: the classifier (Adebayo 2018) or the first convolution (MI-CAM §4.6).
   */
  readonly order: 'output-first' | 'input-first';
  /** Stages, at most one per layer. Minimum 1. */
  readonly stages: number;
  readonly seed: number;
  /** Numbers of the stages that are done already. */
  readonly done?: ReadonlySet<number>;
  readonly stopping?: () => boolean;
  /** Stops the current stage between two passes of the model, and throws its reason. */
  readonly signal?: AbortSignal;
}

/** Similarity of the maps after one stage to the trained model's, for each picture. Plain JSON. */
export interface SanityRecord {
  /** From 0. */
  readonly stage: number;
  /** The layer randomised last. */
  readonly layer: string;
  /** How many layers are randomised so far, of how many. */
  readonly redrawn: number;
  readonly of: number;
  /**
   * By method, one entry per picture. A number is missing where one of the maps is empty or could not be
   * made.
   */
  readonly methods: Readonly<
    Record<string, readonly { readonly spearman?: number; readonly ssim?: number }[]>
  >;
}

/**
 * How many layers are randomised after each stage. The first stage has one layer: with the output first, that
 * is the classifier, so the stage tests the class alone. The other stages have equal steps.
 */
export function stageSizes(layers: number, stages: number): number[] {
  const count = Math.min(stages, layers);
  if (count <= 1) return layers === 0 ? [] : [layers];
  return Array.from({ length: count }, (_, s) => 1 + Math.round(((layers - 1) * s) / (count - 1)));
}

/**
 * The sanity cascade: explains the same pictures and classes with models of which more and more layers are
 * randomised.
 *
 * @param pictures  The pictures to explain, and each picture's class.
 * @throws {CamError} `option` where the model has no weights to randomise, or for fewer than one stage.
 */
export async function* runSanity(
  subject: Subject,
  pictures: readonly { readonly picture: LoadedSample['picture']; readonly target: number }[],
  { order, stages, seed, done = new Set<number>(), stopping = () => false, signal }: SanityOptions,
): AsyncGenerator<SanityRecord, void, undefined> {
  const { layers } = subject;
  if (!(Number.isInteger(stages) && stages >= 1))
    throw new CamError('option', `sanity: stages: expected a whole number of at least 1, got ${stages}.`);
  const sequence = layers.map((_, at) => (order === 'output-first' ? layers.length - 1 - at : at));
  if (sequence.length === 0)
    throw new CamError(
      'option',
      'sanity: expected a model with float weights in its initialisers, got none. Export it in float32.',
    );
  const sizes = stageSizes(layers.length, stages);
  if (sizes.every((_, stage) => done.has(stage))) return;
  const trained = await mapsOf(subject.explainer, pictures, signal);
  for (const [stage, redrawn] of sizes.entries()) {
    if (done.has(stage)) continue;
    if (stopping()) return;
    const explainer = await subject.redrawn(sequence.slice(0, redrawn), seed);
    try {
      const now = await mapsOf(explainer, pictures, signal);
      const methods: Record<string, { spearman?: number; ssim?: number }[]> = {};
      for (const method of new Set(trained.flatMap((maps) => Object.keys(maps ?? {}))))
        methods[method] = pictures.map((_, at) => compare(trained[at]?.[method], now[at]?.[method]));
      yield { stage, layer: layers[sequence[redrawn - 1]], redrawn, of: layers.length, methods };
    } finally {
      await explainer.dispose();
    }
  }
}

function compare(trained?: Plane, stage?: Plane): { spearman?: number; ssim?: number } {
  if (!trained || !stage) return {};
  const maps: CascadeMaps = { trained, stages: [stage] };
  const [{ spearman, ssim }] = sanityCascade([maps]);
  return { spearman: spearman.value, ssim: ssim.value };
}

/** Saliencies of each picture by method; none where a model with random weights overflows. */
async function mapsOf(
  explainer: Explainer,
  pictures: readonly { readonly picture: LoadedSample['picture']; readonly target: number }[],
  signal: AbortSignal | undefined,
): Promise<(Readonly<Record<string, Plane>> | undefined)[]> {
  const found: Explanation[] = await explainer.explain(
    pictures.map(({ picture }) => picture),
    {
      targets: pictures.map(({ target }) => target),
      signal,
      onError: (error) => {
        if (error.code !== 'input' && error.code !== 'model') throw error;
      },
    },
  );
  return pictures.map((_, at) => {
    const maps = found.find(({ image }) => image === at)?.maps;
    return (
      maps &&
      Object.fromEntries(
        Object.entries(maps).map(([method, { saliency, shape }]) => [method, { data: saliency, shape }]),
      )
    );
  });
}
