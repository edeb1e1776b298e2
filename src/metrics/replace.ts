import type { InputTensor } from '../types.js';
import { type Baseline, expectBaseline } from './baseline.js';
import type { Perturbed } from './passes.js';
import type { PixelOrder } from './pixel-order.js';
import { expectImage, expectSameSize } from './plane.js';
import type { Span } from './replacement.js';

/**
 * Key of the image whose pixels `order[from..to)` are the baseline's. If nothing or everything is replaced,
 * the key does not name the order.
 */
export function replacedKey(baseline: Baseline, order: PixelOrder, [from, to]: Span): string {
  if (from >= to) return 'original';
  if (to - from === order.pixels.length) return baseline.name;
  return `${baseline.name} at ${order.name} ${from}-${to}`;
}

/**
 * Copies of the image in which more and more pixels, or fewer and fewer, are the baseline's. All share one
 * buffer, updated when a copy is read: each step writes only the pixels that change.
 *
 * @param counts  Ascending numbers of pixels, 0..H·W.
 * @param action  `remove` replaces the first `count` pixels of the order, `show` all others.
 * @throws {CamError} `shape`.
 */
export function* replaceSteps(
  where: string,
  image: InputTensor,
  baseline: Baseline,
  order: PixelOrder,
  counts: readonly number[],
  action: 'remove' | 'show',
): Generator<Perturbed, void, undefined> {
  const [channels, h, w] = expectImage(where, image);
  expectSameSize(`${where}: order`, order.shape, [h, w], 'one entry per pixel of the image');
  expectBaseline(where, image, baseline);
  const [start, end] = action === 'remove' ? [image, baseline.image] : [baseline.image, image];
  let running: Float32Array | undefined;
  let done = 0;
  const upTo = (count: number): Float32Array => {
    running ??= start.data.slice();
    for (; done < count; done++)
      for (let c = 0, at = order.pixels[done]; c < channels; c++, at += h * w) running[at] = end.data[at];
    return running;
  };
  for (const count of counts) {
    yield {
      key: spanKey(baseline, order, count, action),
      get image() {
        return upTo(count);
      },
      replacement: { image, baseline, order, span: spanOf(order, count, action) },
    };
  }
}

function spanOf({ pixels }: PixelOrder, count: number, action: 'remove' | 'show'): Span {
  return action === 'remove' ? [0, count] : [count, pixels.length];
}

/** Key of the copy that `replaceSteps` makes for `count`. */
export function spanKey(
  baseline: Baseline,
  order: PixelOrder,
  count: number,
  action: 'remove' | 'show',
): string {
  return replacedKey(baseline, order, spanOf(order, count, action));
}
