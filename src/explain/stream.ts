/** Images come one by one and are explained in batches; what fails is blamed on the image at fault. */
import type { Explanation } from '../types.js';
import { failer } from './failer.js';
import { type ImageSource, isOne, listOf, type ReadImage, toImage } from './images.js';
import { InputRoom, type Memory } from './memory.js';
import type { ExplainOptions } from './options.js';
import type { Prepared } from './prepare.js';
import { until } from './until.js';

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

/** Explains a batch. What fails for a batch may be the fault of one image: then each is tried alone. */
async function explainOrBlame(
  images: readonly Prepared[],
  options: Pick<ExplainOptions, 'onError' | 'signal'>,
  stages: Stages,
): Promise<readonly Explanation[]> {
  const fail = failer(options.onError);
  try {
    return await stages.explain(images, fail);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (stages.isFatal(error)) throw error;
    if (images.length === 1) {
      fail(error, images[0].image);
      return [];
    }
    if (!options.onError) throw error;
    const each: Explanation[] = [];
    for (const one of images) each.push(...(await explainOrBlame([one], options, stages)));
    return each;
  }
}
