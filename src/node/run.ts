import { extname } from 'node:path';
import { CamError, type CamErrorCode } from '../errors.js';
import type { Explainer } from '../explainer.js';
import { pictureOfTensor, type View, viewOf } from '../image/index.js';
import type { Explanation, InputTensor, Picture, Preprocessing, SaliencyMap } from '../types.js';
import type { FailedInput } from './inputs.js';
import { imageCount } from './inputs.js';
import { batches, type Job, type Loaded } from './jobs.js';
import { drawOnce, InputWriter, type OutputOptions } from './outputs.js';
import type { ContactSheet } from './sheet.js';
import { type Origin, type SummaryEntry, summaryResult } from './summary.js';

export interface RunOptions {
  readonly explainer: Explainer;
  readonly jobs: readonly (Job | FailedInput)[];
  readonly output: OutputOptions;
  readonly sheet?: ContactSheet;
  readonly batch: number;
  /** Whether maps are averaged over versions of each picture. */
  readonly augment?: boolean;
  /** The preprocessing where it is known: undoes a tensor's normalisation for its picture. */
  readonly preprocessing?: Preprocessing;
  /** True once the user wants to stop: what is in hand is finished. */
  readonly stopping: () => boolean;
  readonly onDone: (explanations: readonly Explanation[], origin: Origin, outputs: readonly string[]) => void;
  /** With `lost` where results that were told as done could not be kept. */
  readonly onFailure: (message: string, lost?: Lost) => void;
}

/** Results of one input that are none after all. */
export interface Lost {
  readonly images: number;
  readonly outputs: readonly string[];
}

/** What concerns the whole run, not one image: going on would fail again. */
const fatal: ReadonlySet<CamErrorCode> = new Set([
  'layer',
  'target',
  'gradients',
  'option',
  'backend',
  'gpu',
]);

/** Why one image could not be explained. */
interface Failure {
  readonly message: string;
  /** True where not the image but the model, or this program, seems at fault. */
  readonly byModel: boolean;
}

/** Passes on what ends a run; any other error is one image's own, so that it never stops the rest. */
function imageFailure(error: unknown): Failure {
  if (!(error instanceof CamError)) return { message: `unexpected error: ${String(error)}`, byModel: true };
  if (fatal.has(error.code)) throw error;
  return { message: error.message, byModel: error.code === 'model' };
}

const originOf = ({ input, image }: Job): Origin =>
  imageCount(input) === 1 ? { input: input.path } : { input: input.path, image };

const isLast = ({ input, image }: Job): boolean => image === imageCount(input) - 1;

/** One explanation per class: a class may be named twice, by number and as the predicted one. */
const distinct = (found: readonly Explanation[]): Explanation[] =>
  found.filter(({ target }, at) => found.findIndex((one) => one.target.index === target.index) === at);

/** Explanations of each image, or why it has none. A batch that fails is tried image by image, to find the one at fault. */
async function explainEach(
  explainer: Explainer,
  images: readonly { readonly job: Job; readonly source: Picture | InputTensor }[],
  augment: boolean,
): Promise<(Explanation[] | Failure)[]> {
  try {
    const found = await explainer.explain(
      images.map(({ source }) => source),
      { targets: images.map(({ job }) => job.targets), batch: Math.max(1, images.length), augment },
    );
    return images.map((_, at) => found.filter(({ image }) => image === at));
  } catch (error) {
    const failure = imageFailure(error);
    if (images.length === 1) return [failure];
    const each: (Explanation[] | Failure)[] = [];
    for (const image of images) each.push(...(await explainEach(explainer, [image], augment)));
    return each;
  }
}

/** The writer of the input in hand. */
interface Writer {
  readonly input: Job['input'];
  readonly files: InputWriter;
  /** Where the input's entries begin. */
  readonly first: number;
}

/** Explains jobs batch by batch and writes what they give. Tells the summary as it grows, so that an interrupted run keeps it. */
export class Run {
  readonly entries: SummaryEntry[] = [];
  /** True once the model could not run an image. */
  modelFailed = false;
  private writer: Writer | undefined;

  constructor(private readonly options: RunOptions) {}

  /**
   * @returns False where the user stopped it before the end.
   * @throws {CamError} What concerns the whole run.
   */
  async all(): Promise<boolean> {
    const { jobs, batch, stopping } = this.options;
    try {
      for await (const loaded of batches(jobs, batch)) {
        if (stopping()) return false;
        await this.batch(loaded);
      }
      return true;
    } finally {
      await this.closeWriter();
    }
  }

  private async batch(loaded: readonly Loaded[]): Promise<void> {
    const images = loaded.filter((l) => 'source' in l);
    const { explainer, augment = false } = this.options;
    const results = images.length > 0 ? await explainEach(explainer, images, augment) : [];
    let next = 0;
    for (const one of loaded) {
      if ('error' in one) {
        const origin = 'input' in one.job ? originOf(one.job) : { input: one.job.path };
        await this.fail({ message: one.error, byModel: false }, origin);
      } else {
        const result = results[next++];
        if (Array.isArray(result)) await this.keep(one.job, one.source, distinct(result));
        else await this.fail(result, originOf(one.job));
      }
      if ('input' in one.job && isLast(one.job)) await this.closeWriter();
    }
  }

  private async fail({ message: error, byModel }: Failure, origin: Origin, lost?: Lost): Promise<void> {
    this.modelFailed ||= byModel;
    const where = origin.image === undefined ? origin.input : `${origin.input}, image ${origin.image}`;
    const message = error.startsWith(origin.input) ? error : `${where}: ${error}`;
    this.entries.push({ ...origin, error: message });
    this.options.onFailure(message, lost);
    await this.options.sheet?.addFailure(where, error);
  }

  private async keep(job: Job, source: Picture | InputTensor, found: readonly Explanation[]): Promise<void> {
    const origin = originOf(job);
    const before = this.entries.length;
    try {
      const outputs = await this.write(job, source, found);
      this.options.onDone(found, origin, outputs);
    } catch (error) {
      this.entries.length = before;
      await this.fail(imageFailure(error), origin);
    }
  }

  private async write(
    job: Job,
    source: Picture | InputTensor,
    found: readonly Explanation[],
  ): Promise<string[]> {
    const { output, sheet, preprocessing, explainer } = this.options;
    const isTensor = 'shape' in source;
    const picture = isTensor ? pictureOfTensor(source, preprocessing) : source;
    const view: View = isTensor
      ? { x: 0, y: 0, width: picture.width, height: picture.height }
      : viewOf(picture.width, picture.height, explainer.preprocessing);
    const files = this.filesOf(job);
    const origin = originOf(job);
    const seen = new Set<string>();
    const all: string[] = [];
    for (const explanation of found) {
      const maps: { map: SaliencyMap; drawn: () => Picture }[] = [];
      for (const map of Object.values(explanation.maps)) {
        const drawn = drawOnce(picture, map, view, output.overlay);
        maps.push({ map, drawn });
        // A map that ignores the class is the same for each of several targets.
        const key = map.classAgnostic ? map.method : `${map.method} ${explanation.target.index}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const outputs = await files.write(job.image, explanation, map, drawn);
        all.push(...outputs);
        this.entries.push(summaryResult(origin, explanation, map, outputs));
      }
      const file = `${job.input.stem}${extname(job.input.path)}`;
      const name = origin.image === undefined ? file : `${file} [${origin.image}]`;
      await sheet?.add({ name, path: job.input.path, picture, explanation, maps });
    }
    return all;
  }

  private filesOf({ input }: Job): InputWriter {
    this.writer ??= {
      input,
      files: new InputWriter(input, this.options.output),
      first: this.entries.length,
    };
    return this.writer.files;
  }

  /** Gives the arrays of the input in hand their names. Where that fails, the error stands for the input's results. */
  private async closeWriter(): Promise<void> {
    const { writer } = this;
    this.writer = undefined;
    if (!writer) return;
    try {
      await writer.files.close();
    } catch (error) {
      const own = this.entries.splice(writer.first);
      const results = own.filter((entry) => 'outputs' in entry);
      this.entries.push(...own.filter((entry) => 'error' in entry));
      await this.fail(
        imageFailure(error),
        { input: writer.input.path },
        {
          images: new Set(results.map(({ image }) => image)).size,
          outputs: results.flatMap(({ outputs }) => outputs),
        },
      );
    }
  }
}
