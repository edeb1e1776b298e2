import { CamError } from '../../errors.js';
import type { LikeTarget, TargetSpec } from '../../targets/index.js';
import type { InputTensor, Picture } from '../../types.js';
import { openPicture } from './decode.js';
import { type Input, imageCount } from './input.js';
import { MAX_IMAGES } from './limits.js';
import { readNpyImage } from './npy.js';

/** What one image is asked for. */
export type JobTarget = TargetSpec | LikeTarget;

/** One `--target`: for all images, or one class per image. */
export type TargetOption = JobTarget | readonly number[];

/** Whether an option has a class for each image. */
export const isPerImage = (target: TargetOption): target is readonly number[] => Array.isArray(target);

/** The rows of an image in its output arrays. */
export interface OutputRows {
  /** The start of the arrays' file names: the input's stem, or the part's under `--pack`. */
  readonly stem: string;
  /** Number of rows of each array. */
  readonly rows: number;
  readonly row: number;
}

/** One image to explain, or an input that failed before it could be explained. */
export interface Job {
  /** Position among all images of all inputs. */
  readonly index: number;
  readonly input: Input;
  /** Position in its file. */
  readonly image: number;
  readonly targets: readonly JobTarget[];
  readonly place: OutputRows;
}

/** A job with its image in memory, or the reason why there is none. */
export type Loaded =
  | { readonly job: Job; readonly source: Picture | InputTensor }
  | { readonly job: Job; readonly error: string };

/**
 * Throws `CamError` `option` where there are more images than one run can hold. Call it before memory is
 * allocated for each image.
 */
export function expectBounded(inputs: readonly Input[]): void {
  const total = inputs.reduce((sum, input) => sum + imageCount(input), 0);
  if (total <= MAX_IMAGES) return;
  throw new CamError(
    'option',
    `expected at most ${MAX_IMAGES} images in one run, got ${total}. Explain them in several runs, each with an --out of its own.`,
  );
}

/**
 * The images of all inputs in order; failed inputs keep their positions.
 * @param pack  Number of images whose rows share an array. By default the images of one input share arrays.
 * @throws {CamError} `option` where a list of classes does not match the number of images.
 */
export function planJobs(
  inputs: readonly Input[],
  targets: readonly TargetOption[],
  pack?: number,
): readonly Job[] {
  const total = inputs.reduce((sum, input) => sum + imageCount(input), 0);
  for (const target of targets) {
    if (isPerImage(target) && target.length !== total) {
      throw new CamError(
        'option',
        `--target: expected one class per image (${total} images), got ${target.length}: ${target.join(',')}. ` +
          'Give a single class for all, or several by repeating --target.',
      );
    }
  }
  const jobs: Job[] = [];
  // One array of targets for all images, unless an image has a class of its own: there may be millions of
  // images.
  const same = targets.some(isPerImage) ? undefined : [...new Set(targets as readonly JobTarget[])];
  for (const input of inputs) {
    const rows = imageCount(input);
    const stem = input.kind === 'failed' ? input.path : input.stem;
    for (let image = 0; image < rows; image++) {
      const index = jobs.length;
      const own = () => new Set(targets.map((target) => (isPerImage(target) ? target[index] : target)));
      const place = { stem, rows, row: image };
      jobs.push({ index, input, image, targets: same ?? [...own()], place });
    }
  }
  return pack === undefined ? jobs : packed(jobs, pack);
}

/** Images with equal keys have maps of one size: pictures are resized, tensors are used as they are. */
const sizeKey = ({ input }: Job): string =>
  input.kind === 'tensor' ? input.images.imageShape.join() : 'picture';

/**
 * The jobs, with their rows in parts of `size` images. All images of a part have one size, so that its arrays
 * are rectangular.
 */
function packed(jobs: readonly Job[], size: number): readonly Job[] {
  const parts: Job[][] = [];
  for (const job of jobs) {
    const part = parts.at(-1);
    if (part && part.length < size && sizeKey(part[0]) === sizeKey(job)) part.push(job);
    else parts.push([job]);
  }
  return parts.flatMap((part, p) => {
    const stem = `part-${String(p).padStart(5, '0')}`;
    return part.map((job, row) => ({ ...job, place: { stem, rows: part.length, row } }));
  });
}

/** One of several equal shares of the work, for machines side by side; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * The jobs of one share. Every job is in exactly one share, on every machine, and jobs that share arrays stay
 * together.
 */
export function jobsOfShard(jobs: readonly Job[], { index, count }: Shard): readonly Job[] {
  let group = -1;
  return jobs.filter((job, at) => {
    if (at === 0 || jobs[at - 1].place.stem !== job.place.stem) group++;
    return group % count === index - 1;
  });
}

/** Images that are decoded while the previous one is explained. */
const AHEAD = 4;

/** Maximum number of pixels in one portion, and of pixels decoded ahead: at most 64 MB each. */
const PORTION = 16e6;

const pixels = (source: Picture | InputTensor): number =>
  'shape' in source ? source.data.length : source.width * source.height;

/** A job whose size in memory is known before it is loaded. */
interface Opened {
  readonly pixels: number;
  readonly load: () => Promise<Picture | InputTensor>;
}

async function openJob({ input, image }: Job): Promise<Opened> {
  if (input.kind === 'picture') {
    const { pixels, decode } = await openPicture(input);
    return { pixels, load: decode };
  }
  if (input.kind === 'failed') throw new CamError('input', input.error);
  const [c, h, w] = input.images.imageShape;
  return { pixels: c * h * w, load: () => readNpyImage(input.images, image) };
}

const failure = (job: Job, error: unknown): Loaded => ({
  job,
  error: error instanceof CamError ? error.message : `unexpected error: ${String(error)}`,
});

/** Loads jobs ahead of their use, in order, with a bounded number of images and pixels at a time. */
async function* loadAhead(jobs: readonly Job[]): AsyncGenerator<Loaded> {
  const pending: { readonly loaded: Promise<Loaded>; readonly pixels: number }[] = [];
  let sum = 0;
  for (const job of jobs) {
    const opened = await openJob(job).catch((error: unknown) => failure(job, error));
    const own = 'pixels' in opened ? opened.pixels : 0;
    while (pending.length > AHEAD || (pending.length > 0 && sum + own > PORTION)) {
      const [first] = pending.splice(0, 1);
      sum -= first.pixels;
      yield await first.loaded;
    }
    // Never rejects, since nothing may be awaiting it yet.
    const loaded =
      'pixels' in opened
        ? opened.load().then(
            (source) => ({ job, source }),
            (error: unknown) => failure(job, error),
          )
        : Promise.resolve(opened);
    pending.push({ loaded, pixels: own });
    sum += own;
  }
  for (const { loaded } of pending) yield await loaded;
}

/**
 * The jobs in order, as many at a time as memory holds. Jobs that failed to load keep their positions. The
 * stream that explains them makes batches of them.
 */
export async function* portions(jobs: readonly Job[]): AsyncGenerator<Loaded[]> {
  let portion: Loaded[] = [];
  let sum = 0;
  for await (const loaded of loadAhead(jobs)) {
    const own = 'source' in loaded ? pixels(loaded.source) : 0;
    if (sum > 0 && sum + own > PORTION) {
      yield portion;
      portion = [];
      sum = 0;
    }
    portion.push(loaded);
    sum += own;
  }
  if (portion.length > 0) yield portion;
}
