import { CamError } from '../errors.js';
import type { TargetSpec } from '../explain/targets.js';
import type { InputTensor, Picture } from '../types.js';
import { decodeFile, pixelsOfFile } from './decode.js';
import { type FailedInput, type Input, imageCount, type PictureInput, type TensorInput } from './inputs.js';
import { readNpyImage } from './npy.js';

/** What `--target` says once: of all images, or one class per image. */
export type TargetOption = TargetSpec | readonly number[];

/** One image to explain. */
export interface Job {
  readonly input: PictureInput | TensorInput;
  /** Position in its file. */
  readonly image: number;
  readonly targets: readonly TargetSpec[];
}

/** A job with its image in memory, or the reason why it has none. */
export type Loaded =
  | { readonly job: Job; readonly source: Picture | InputTensor }
  | { readonly job: Job | FailedInput; readonly error: string };

/**
 * The jobs in input order; failed inputs stay in their places.
 * @throws {CamError} `option` where a list of classes does not match the number of images.
 */
export function planJobs(inputs: readonly Input[], targets: readonly TargetOption[]): (Job | FailedInput)[] {
  const total = inputs.reduce((sum, input) => sum + imageCount(input), 0);
  for (const target of targets) {
    if (typeof target === 'object' && target.length !== total) {
      throw new CamError(
        'option',
        `--target: expected one class per image (${total} images), got ${target.length}: ${target.join(',')}. ` +
          'Give a single class for all, or several by repeating --target.',
      );
    }
  }
  const jobs: (Job | FailedInput)[] = [];
  let position = 0;
  for (const input of inputs) {
    for (let image = 0; image < imageCount(input); image++, position++) {
      const at = position;
      if (input.kind === 'failed') jobs.push(input);
      else {
        const classes = targets.map((target) => (typeof target === 'object' ? target[at] : target));
        jobs.push({ input, image, targets: [...new Set(classes)] });
      }
    }
  }
  return jobs;
}

/** Never rejects: nobody may be waiting yet. */
async function load(job: Job | FailedInput): Promise<Loaded> {
  if (!('input' in job)) return { job, error: job.error };
  const { input, image } = job;
  try {
    const source = await (input.kind === 'picture'
      ? decodeFile(input.path)
      : readNpyImage(input.images, image));
    return { job, source };
  } catch (error) {
    return { job, error: error instanceof CamError ? error.message : `unexpected error: ${String(error)}` };
  }
}

/** Images that are decoded while the one before them is explained. */
const AHEAD = 4;

/** Pixels in one batch, and as many decoded ahead, about 64 MB of RGBA: large pictures come in smaller batches. */
const BATCH_PIXELS = 16e6;

const pixels = (source: Picture | InputTensor): number =>
  'shape' in source ? source.data.length : source.width * source.height;

/** Images of one kind go together: a model takes pictures at one size, tensors only with their like. */
const kind = (source: Picture | InputTensor): string => ('shape' in source ? source.shape.join() : 'picture');

/** What a job will hold in memory, before it is loaded. */
async function pixelsAhead(job: Job | FailedInput): Promise<number> {
  if (!('input' in job)) return 0;
  const { input } = job;
  if (input.kind === 'picture') return pixelsOfFile(input.path);
  const [c, h, w] = input.images.imageShape;
  return c * h * w;
}

/** Loads jobs ahead of their use, in order, a bounded number of images and pixels at a time. */
async function* loadAhead(jobs: readonly (Job | FailedInput)[]): AsyncGenerator<Loaded> {
  const pending: { readonly loaded: Promise<Loaded>; readonly pixels: number }[] = [];
  let sum = 0;
  for (const job of jobs) {
    const own = await pixelsAhead(job);
    while (pending.length > AHEAD || (pending.length > 0 && sum + own > BATCH_PIXELS)) {
      const [first] = pending.splice(0, 1);
      sum -= first.pixels;
      yield await first.loaded;
    }
    pending.push({ loaded: load(job), pixels: own });
    sum += own;
  }
  for (const { loaded } of pending) yield await loaded;
}

/** The jobs in batches of at most `size` images, in order, with those that failed to load in their places. */
export async function* batches(jobs: readonly (Job | FailedInput)[], size: number): AsyncGenerator<Loaded[]> {
  let batch: Loaded[] = [];
  let [images, sum, like] = [0, 0, ''];
  for await (const loaded of loadAhead(jobs)) {
    if ('source' in loaded) {
      const own = pixels(loaded.source);
      if (images > 0 && (images === size || sum + own > BATCH_PIXELS || kind(loaded.source) !== like)) {
        yield batch;
        batch = [];
        [images, sum] = [0, 0];
      }
      like = kind(loaded.source);
      images++;
      sum += own;
    }
    batch.push(loaded);
  }
  if (batch.length > 0) yield batch;
}
