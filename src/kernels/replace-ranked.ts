import { replaceRanked as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, linearGrid, rank3 } from './define.js';

/**
 * Copies of one image in which the pixels of a span of ranks are the baseline's:
 * `replaced[s, c, p] = baseline[c, p]` where `spans[s, 0] <= ranks[p] < spans[s, 1]`, else `image[c, p]`.
 *
 * image `[c, h, w]`, baseline `[c, h, w]`, ranks `[h, w]`: each pixel's place in the order in which pixels
 * are taken, spans `[m, 2]`: from, to, in pixels → `[m, c, h, w]`. Exact. `[0, count]` removes the first of
 * an order (deletion), `[count, h·w]` shows nothing but them (insertion); a span that ends where it begins,
 * or before, replaces nothing.
 * @throws {CamError} `shape` where they do not fit each other.
 */
export const replaceRanked = defineKernel(
  shader,
  { image: 3, baseline: 3, ranks: 2, spans: 2, replaced: 4 },
  ({ image, baseline, ranks, spans }) => {
    const [c, h, w] = rank3('replaceRanked: image', image);
    expectShape('replaceRanked: baseline', baseline, [c, h, w], 'as the image');
    expectShape('replaceRanked: ranks', ranks, [h, w], 'one per pixel of the image');
    const [copies = 0] = spans;
    expectShape('replaceRanked: spans', spans, [copies, 2], 'from and to, one pair per copy');
    return {
      params: { copies, channels: c, pixels: h * w },
      output: [copies, c, h, w],
      workgroups: linearGrid(h * w, shader.workgroup),
    };
  },
);
