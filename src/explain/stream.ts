/** Images come one by one and are explained in batches; what fails is blamed on the image at fault. */
import { CamError, type CamErrorCode } from '../errors.js';
import type { Explanation } from '../types.js';
import { failer } from './failer.js';
import { type ImageSource, isOne, listOf, type ReadImage, toImage } from './images.js';
import { InputRoom, type Memory } from './memory.js';
import type { ExplainOptions } from './options.js';
import type { Prepared } from './prepare.js';
import { until } from './until.js';

/** What concerns every image: none is to blame, and going on would fail again. */
const OF_EVERY_IMAGE: ReadonlySet<CamErrorCode> = new Set([
  'layer',
  'target',
  'gradients',
  'option',
  'backend',
  'gpu',
]);

/** Whether an error is no image's own: for those who go on without an image that cannot be explained. */
export const concernsEveryImage = (error: unknown): boolean =>
  error instanceof CamError && OF_EVERY_IMAGE.has(error.code);

/**
 * Does a task for images together. What fails for them together may be the fault of one: then each is tried
 * alone.
 * @param isFatal  Whether an error is the fault of no image: it is thrown.
 * @param blame    What stands in the place of an image that failed alone.
 */
export async function togetherOrAlone<Image, Result>(
  images: readonly Image[],
  task: (images: readonly Image[]) => Promise<readonly Result[]>,
  isFatal: (error: unknown) => boolean,
  blame: (error: unknown, image: Image) => readonly Result[],
): Promise<readonly Result[]> {
  try {
    return await task(images);
  } catch (error) {
    if (isFatal(error)) throw error;
    if (images.length === 1) return blame(error, images[0]);
    const each: Result[] = [];
    for (const image of images) each.push(...(await togetherOrAlone([image], task, isFatal, blame)));
    return each;
  }
}

/** What the stream needs of whoever explains. */
export interface Stages {
  /** Most images in one pass. */
  readonly batch: number;
  /** Batches in work at a time. */
  readonly inFlight: number;
  readonly memory: Memory;
  readonly read: ReadImage;
  /** `[C, H, W]` of what an image becomes: one pass takes images of one size. */
  size(source: Awaited<ReturnType<typeof toImage>>): readonly number[];
  /** Makes one image the network's input. @throws {CamError} `input` */
  prepare(source: Awaited<ReturnType<typeof toImage>>, image: number, room: InputRoom): Prepared;
  /** Explains images of one size in one pass; images that `fail` takes note of are left out. */
  explain(
    images: readonly Prepared[],
    fail: (error: unknown, image: number) => void,
  ): Promise<readonly Explanation[]>;
  /** Whether an error is the fault of no image, so that there is nobody to blame. */
  isFatal(error: unknown): boolean;
}

/**
 * The explanations of images, in order. Holds `inFlight` batches at a time.
 * @throws What `explain` throws, and the signal's reason once it is aborted.
 */
export async function* explainStream(
  source: Iterable<ImageSource> | AsyncIterable<ImageSource>,
  { onError, signal }: Pick<ExplainOptions, 'onError' | 'signal'>,
  stages: Stages,
): AsyncGenerator<Explanation, void, undefined> {
  const images = isOne(source) ? (listOf(source) as ImageSource[]) : source;
  const { batch, memory } = stages;
  const fail = failer(onError);
  const running: Promise<readonly Explanation[]>[] = [];
  let room = new InputRoom(memory, batch);
  let waiting: Prepared[] = [];
  const start = (): void => {
    const used = room;
    const explained = explainOrBlame(waiting, { onError, signal }, stages).finally(() => used.release());
    // Seen when its turn comes.
    explained.catch(() => undefined);
    running.push(explained);
    room = new InputRoom(memory, batch);
    waiting = [];
  };
  let image = 0;
  let size = '';
  try {
    for await (const given of until(images, signal)) {
      const at = image++;
      const source = await toImage(given, at, stages.read).catch((error: unknown) => fail(error, at));
      signal?.throwIfAborted();
      if (!source) continue;
      const own = stages.size(source).join();
      if (waiting.length === batch || (waiting.length > 0 && own !== size)) {
        start();
        while (running.length >= stages.inFlight) yield* await (running.shift() ?? []);
      }
      size = own;
      try {
        waiting.push(stages.prepare(source, at, room));
      } catch (error) {
        fail(error, at);
      }
    }
    if (waiting.length > 0) start();
    for (const explained of running) yield* await explained;
  } finally {
    // Stopped, failed or left in the middle: nothing goes on after the end.
    await Promise.allSettled(running);
    room.release();
  }
}

function explainOrBlame(
  images: readonly Prepared[],
  { onError, signal }: Pick<ExplainOptions, 'onError' | 'signal'>,
  { explain, isFatal }: Stages,
): Promise<readonly Explanation[]> {
  const fail = failer(onError);
  return togetherOrAlone(
    images,
    (some) => explain(some, fail),
    (error) => {
      signal?.throwIfAborted();
      return !onError || isFatal(error);
    },
    (error, { image }) => {
      fail(error, image);
      return [];
    },
  );
}
