import { basename, posix } from 'node:path';
import { CamError, errorText, printable } from '../../errors.js';
import type { MethodProgress } from '../../explain/options.js';
import { concernsEveryImage, togetherOrAlone } from '../../explain/stream.js';
import { pictureOfTensor, type View, viewOf } from '../../image/preprocess.js';
import type { Explanation, InputTensor, Picture, Preprocessing, SaliencyMap, Target } from '../../types.js';
import { isStorageFailure } from '../files/files.js';
import { type Job, type Loaded, portions } from '../inputs/jobs.js';
import { drawOnce, type OutputOptions, OutputWriter, type SharedArray } from '../outputs/output-writer.js';
import { card, failureCard } from '../outputs/sheet.js';
import { type ClassScore, originOf, type SummaryResult, summaryResult, topOf } from '../outputs/summary.js';
import { Stamps } from './identity.js';
import type { ExplainerSource } from './source.js';

/** How the images of a run are explained, and which results are written. Plain data, for threads. */
export interface UnitOptions {
  readonly output: OutputOptions;
  /** Whether cards for the contact sheet are made. */
  readonly cards: boolean;
  /** Images per forward pass. */
  readonly batch: number;
  /** Whether maps are averaged over versions of each picture. */
  readonly augment: boolean;
  /** The preprocessing where it is known: a tensor's picture is made by undoing its normalisation. */
  readonly preprocessing?: Preprocessing;
}

/** The outcome of one image. Plain data. */
export interface Outcome {
  /** Index of its job. */
  readonly index: number;
  /** One per class and method; empty where the image failed. */
  readonly results: readonly SummaryResult[];
  /** Why the image failed. */
  readonly error?: string;
  /** True where the cause seems to be the model or this program, not the image. */
  readonly byModel?: true;
  /** Stamp of its input, taken just before it was read, see `Stamps`. */
  readonly stamp?: string;
  /** True where its results could not be written: a resumed run explains it again. */
  readonly unwritten?: true;
  /** Arrays with rows of this image and of others. */
  readonly shared?: readonly SharedArray[];
  /** Number of the model's classes. */
  readonly classes?: number;
  /** The most probable classes, at most three. */
  readonly top?: readonly ClassScore[];
  /** What turned its scores into probabilities. */
  readonly activation?: Explanation['activation'];
  /** The image's cards on the contact sheet. */
  readonly card?: string;
}

/** Why an image could not be explained. */
interface Failure {
  readonly message: string;
  readonly byModel?: boolean;
  readonly unwritten?: boolean;
}

/** Whether an error ends the run. Any other error concerns one image and does not stop the rest. */
const endsRun = (error: unknown): boolean =>
  concernsEveryImage(error) || (error instanceof CamError && isStorageFailure(error));

function failureOf(error: unknown): Failure {
  if (!(error instanceof CamError)) return { message: `unexpected error: ${String(error)}`, byModel: true };
  return { message: error.message, byModel: error.code === 'model', unwritten: error.code === 'output' };
}

/** The outcome of an image that could not be explained; the message names it. */
export function failed(job: Job, { message, byModel, unwritten }: Failure, cards: boolean): Outcome {
  const { input, image } = originOf(job);
  const where = image === undefined ? input : `${input}, image ${image}`;
  const error = errorText(message.startsWith(printable(input)) ? message : `${where}: ${message}`);
  return {
    index: job.index,
    results: [],
    error,
    ...(byModel && { byModel: true as const }),
    ...(unwritten && { unwritten: true as const }),
    ...(cards && { card: failureCard(where, errorText(message)) }),
  };
}

/** One explanation per target: a class may be requested twice, by number and as the predicted one. */
const distinct = (found: readonly Explanation[]): Explanation[] => {
  const same = (a: Target, b: Target) => (a.name ?? a.index) === (b.name ?? b.index);
  return found.filter(({ target }, at) => found.findIndex((one) => same(one.target, target)) === at);
};

type Image = Extract<Loaded, { source: unknown }>;

/**
 * Explains units, each a few images, and writes their results. While one unit is explained, the next is
 * decoded.
 */
export class UnitRunner {
  constructor(
    private readonly source: ExplainerSource,
    private readonly options: UnitOptions,
    /** Stops the work between passes of the model. */
    private readonly signal: AbortSignal,
    private readonly onProgress?: (progress: MethodProgress) => void,
  ) {}

  /**
   * @returns One outcome per job, in order, once its files are written.
   * @throws {CamError} For errors that concern the whole run. The signal's reason where it was stopped.
   */
  async run(jobs: readonly Job[]): Promise<readonly Outcome[]> {
    const looked = new Stamps();
    // Taken before the files are read: a later change counts as a change.
    const stamps = await Promise.all(jobs.map(({ input }) => looked.of(input)));
    const writer = new OutputWriter(this.options.output);
    const outcomes: Outcome[] = [];
    // Started before it is this unit's turn: decoding overlaps with the explanation of the previous unit.
    const loading = portions(jobs);
    try {
      for (let next = await loading.next(); !next.done; next = await loading.next()) {
        const loaded = next.value;
        const images = loaded.filter((one) => 'source' in one);
        const results = images.length > 0 ? await this.explain(images) : [];
        let at = 0;
        for (const one of loaded) {
          const result = 'error' in one ? { message: one.error } : results[at++];
          outcomes.push(
            Array.isArray(result) && 'source' in one
              ? await this.keep(one, distinct(result), writer)
              : failed(one.job, result as Failure, this.options.cards),
          );
        }
      }
    } finally {
      await writer.release();
    }
    return outcomes.map((outcome, at) => ({ ...outcome, stamp: stamps[at] }));
  }

  /** The explanations of each image, or why it failed. */
  private explain(images: readonly Image[]): Promise<readonly (Explanation[] | Failure)[]> {
    return togetherOrAlone<Image, Explanation[] | Failure>(
      images,
      (some) => this.explainTogether(some),
      (error) => {
        this.signal.throwIfAborted();
        return endsRun(error);
      },
      (error) => [failureOf(error)],
    );
  }

  private async explainTogether(images: readonly Image[]): Promise<Explanation[][]> {
    const { batch, augment } = this.options;
    const { signal, onProgress } = this;
    const sources = images.map(({ source }) => source);
    const targets = images.map(({ job }) => job.targets);
    const rows = images.map(({ job }) => job.index);
    const options = { targets, rows, batch, augment, signal, onProgress };
    const found = await this.source.use((explainer) => explainer.explain(sources, options));
    return images.map((_, at) => found.filter(({ image }) => image === at));
  }

  private async keep(
    { job, source }: Image,
    found: readonly Explanation[],
    writer: OutputWriter,
  ): Promise<Outcome> {
    try {
      return await this.write(job, source, found, writer);
    } catch (error) {
      if (endsRun(error)) throw error;
      return failed(job, failureOf(error), this.options.cards);
    }
  }

  private async write(
    job: Job,
    source: Picture | InputTensor,
    found: readonly Explanation[],
    writer: OutputWriter,
  ): Promise<Outcome> {
    const { output, cards, preprocessing } = this.options;
    const isTensor = 'shape' in source;
    const picture = isTensor ? pictureOfTensor(source, preprocessing) : source;
    const view: View = isTensor
      ? { x: 0, y: 0, width: picture.width, height: picture.height }
      : viewOf(picture.width, picture.height, this.source.facts.preprocessing);
    const origin = originOf(job);
    const stem = 'stem' in job.input ? job.input.stem : job.place.stem;
    const file = posix.join(posix.dirname(stem), basename(job.input.path));
    const name = origin.image === undefined ? file : `${file} [${origin.image}]`;
    const results: SummaryResult[] = [];
    const shared: SharedArray[] = [];
    const drawnCards: string[] = [];
    for (const explanation of found) {
      const maps: { map: SaliencyMap; drawn: () => Picture }[] = [];
      for (const map of Object.values(explanation.maps)) {
        const drawn = drawOnce(picture, map, view, { ...output.overlay, box: explanation.target.box });
        maps.push({ map, drawn });
        const { outputs, shared: added } = await writer.write(job, explanation, map, drawn);
        shared.push(...added);
        results.push(
          summaryResult(origin, explanation, map, outputs, output.packed ? job.place.row : undefined),
        );
      }
      if (cards) drawnCards.push(await card({ name, path: job.input.path, picture, explanation, maps }));
    }
    const poster = await writer.writePoster(job, {
      name,
      picture,
      fromTensor: isTensor,
      view,
      explanations: found,
    });
    return {
      index: job.index,
      results: results.map((result) => ({ ...result, outputs: [...result.outputs, ...poster] })),
      ...(shared.length > 0 && { shared }),
      // Numbers, embeddings and detections have no scores of classes.
      classes: found[0]?.probabilities.length || undefined,
      top: found[0] && topOf(found[0], this.source.facts.labels),
      activation: found[0]?.activation,
      ...(cards && { card: drawnCards.join('') }),
    };
  }
}
