import { arrangeGray as shader } from '../generated/shaders.js';
import { type Bins, expectBins } from './bins.js';
import { ceilDiv, defineKernel, MAX_WORKGROUPS, rank3 } from './define.js';
import { longestRun, sampling } from './sampling.js';

/** What one arranged image is like. */
export interface Arrangement {
  /** Eights of samples in the longest run of a row. */
  readonly octets: number;
  /** 1 where no count exceeds 16 bits, so that two counters go into a word; else 0. */
  readonly packed: 0 | 1;
  readonly words: number;
}

// WebAssembly reads up to 32 bytes behind the last sample.
const BEHIND = 8;

/** How the samples of an image of `size` `[H, W]` are arranged for a quantised layer of `width` columns. */
export function arrangement(width: number, [H, W]: readonly [number, number]): Arrangement {
  const octets = ceilDiv(longestRun(width, W, sampling('arrangeGray: columns', width, W)), 8);
  return { octets, packed: H * W <= 65_535 ? 1 : 0, words: H * octets * (width + 1) * 4 + BEHIND };
}

export interface ArrangeOptions {
  readonly bins: Bins;
  /** Columns of the quantised layer. */
  readonly width: number;
}

/**
 * Puts the grey samples in the order in which `mutualInformation` counts them, each as the place of its grey
 * bin in the joint histogram, 16 bits. Done once per image, whatever the number of channels. Order and places
 * are the backend's own.
 *
 * gray uint32 `[n, H, W]`, 0 to 255 (higher bits are ignored) → uint32 `[n, words]`.
 * @throws {CamError} `shape` when gray is not `[n, H, W]`; `option` for other than 32, 64, 128 or 256 bins.
 */
export const arrangeGray = defineKernel(
  shader,
  { gray: 3, arranged: 2 },
  ({ gray }, { bins, width }: ArrangeOptions) => {
    const [n, H, W] = rank3('arrangeGray: gray', gray);
    expectBins('arrangeGray', bins);
    const { octets, packed, words } = arrangement(width, [H, W]);
    const { origin, step, denominator } = sampling('arrangeGray: columns', width, W);
    return {
      params: {
        batch: n,
        width,
        sampleHeight: H,
        sampleWidth: W,
        originX: origin,
        stepX: step,
        denominatorX: denominator,
        octets,
        bins,
        packed,
      },
      output: [n, words],
      workgroups: [Math.min(ceilDiv(words, shader.workgroup), MAX_WORKGROUPS), n, 1],
    };
  },
);
