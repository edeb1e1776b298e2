import { CamError } from '../errors.js';
import { mutualInformation as shader } from '../generated/shaders.js';
import { defineKernel, expectShape, rank3, rank4 } from './define.js';
import { sampling } from './sampling.js';

/** Grey levels and map levels that mutual information is counted in. */
export type Bins = 32 | 64 | 128 | 256;

export function expectBins(where: string, bins: number): void {
  if (![32, 64, 128, 256].includes(bins)) {
    throw new CamError('option', `${where}: bins: expected 32, 64, 128 or 256, got ${bins}.`);
  }
}

export interface CountingOptions {
  readonly bins: Bins;
  /** What 1 in the table is worth, nats of mutual information. */
  readonly unit: number;
}

/**
 * `MI[n, k] = H(gray) + H(map) - H(joint)`, nats, of each channel, upsampled to the image, with the grey image: plug-in estimate
 * from counts in `bins` × `bins` cells. The counts are the same on every backend.
 *
 * q int32 `[n, k, h, w]` as `quantizeLayer` gives it for `[H, W]`; gray uint32 `[n, H, W]`, 0 to 255; grayCounts uint32 `[n, bins]` as
 * `grayHistogram` gives them; table uint32 `[H·W + 1]`, as `entropyTable` gives it → `[n, k]`, at least 0; 0 for a
 * constant channel or image. Within 1e-6 relative of the value the table gives.
 * MI-CAM (arXiv:2507.09092) def. 4.
 * @throws {CamError} `shape` when sizes do not fit; `option` for other numbers of bins.
 */
export const mutualInformation = defineKernel(shader, (inputs, { bins, unit }: CountingOptions) => {
  const { q, gray, grayCounts, table } = inputs;
  expectBins('mutualInformation', bins);
  const [n, k, h, w] = rank4('mutualInformation: q', q);
  const [, H, W] = rank3('mutualInformation: gray', gray);
  expectShape('mutualInformation: gray', gray, [n, H, W], 'one image for each of the activations');
  expectShape('mutualInformation: grayCounts', grayCounts, [n, bins], 'one per image and bin');
  expectShape('mutualInformation: table', table, [H * W + 1], 'one per possible count');
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
      bins,
      unit,
    },
    output: [n, k],
    workgroups: [k, n, 1],
  };
});
