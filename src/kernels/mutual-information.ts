import { mutualInformation as shader } from '../generated/shaders.js';
import { arrangement } from './arrange-gray.js';
import { type Bins, expectBins } from './bins.js';
import { defineKernel, expectShape, rank4 } from './define.js';
import { sampling } from './sampling.js';

export interface CountingOptions {
  readonly bins: Bins;
  /** `[H, W]` of the grey image. */
  readonly size: readonly [number, number];
  /** What 1 in the table is worth, nats of mutual information. */
  readonly unit: number;
}

// 32 KB: more leaves a multiprocessor too few workgroups.
const MOST_WORDS = 8192;

/** The largest integer of the layer at which a cell's corners keep all its samples in bin 0. */
function binZero(bins: Bins, Dx: number, Dy: number): number {
  const largest = 2 ** 30 / bins - 1;
  return Math.floor((Math.floor(largest / Dx) * 2 ** Math.floor(Math.log2(Dx))) / Dy);
}

/**
 * `MI[n, k] = H(gray) + H(map) - H(joint)`, nats, of each channel, upsampled to the image, with the grey
 * image: plug-in estimate from counts in `bins` × `bins` cells. The counts are the same on every backend.
 *
 * q int32 `[n, k, h, w]` as `quantizeLayer` gives it for `[H, W]`; arranged uint32 as `arrangeGray` gives it
 * for `[n, H, W]`; grayCounts uint32 `[n, bins]` as `grayHistogram` gives them; table uint32 `[H·W + 1]`, as
 * `entropyTable` gives it → `[n, k]`, at least 0; 0 for a constant channel or image. Within 1e-6 relative of
 * the value the table gives. MI-CAM (arXiv:2507.09092) def. 4.
 * @throws {CamError} `shape` when sizes do not fit; `option` for other numbers of bins.
 */
export const mutualInformation = defineKernel(
  shader,
  { q: 4, arranged: 2, grayCounts: 2, table: 1, mi: 2 },
  (inputs, { bins, size, unit }: CountingOptions) => {
    const { q, arranged, grayCounts, table } = inputs;
    expectBins('mutualInformation', bins);
    const [n, k, h, w] = rank4('mutualInformation: q', q);
    const [H, W] = size;
    const { octets, packed, words: arrangedWords } = arrangement(w, size);
    expectShape(
      'mutualInformation: arranged',
      arranged,
      [n, arrangedWords],
      'as arrangeGray gives it for each image',
    );
    expectShape('mutualInformation: grayCounts', grayCounts, [n, bins], 'one per image and bin');
    expectShape('mutualInformation: table', table, [H * W + 1], 'one per possible count');
    const words = (bins * bins) >> packed; // of the joint histogram
    const y = sampling('mutualInformation: rows', h, H);
    const x = sampling('mutualInformation: columns', w, W);
    return {
      params: {
        batch: n,
        channels: k,
        height: h,
        width: w,
        sampleHeight: H,
        sampleWidth: W,
        originY: y.origin,
        stepY: y.step,
        denominatorY: y.denominator,
        originX: x.origin,
        stepX: x.step,
        denominatorX: x.denominator,
        bin0: binZero(bins, x.denominator, y.denominator),
        octets,
        bins,
        packed,
        unit,
      },
      output: [n, k],
      workgroups: [k, n, 1],
      overrides: {
        BINS: bins,
        PACKED: packed,
        WORDS: Math.min(words, MOST_WORDS),
        // A large histogram leaves room for few workgroups on a multiprocessor: they have to be large too.
        WORKGROUP: words > 2048 ? 1024 : shader.workgroup,
      },
    };
  },
);
