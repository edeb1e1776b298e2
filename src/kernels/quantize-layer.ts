import { quantizeLayer as shader } from '../generated/shaders.js';
import { defineKernel, rank4 } from './define.js';
import { samplesFirst, sampling } from './sampling.js';

/**
 * Puts each channel on the integer scale on which `mutualInformation` interpolates and bins it: 0 is the
 * least and about 2^30 / Dy the largest value that the channel takes at the `size` `[H, W]` sampling
 * positions (half-pixel, bilinear), `q = ceil((a·Dx·Dy - lo)·2^(30+s) / ((hi - lo)·Dx·Dy))`,
 * `s = floor(log2 Dx)`, with the denominators Dy, Dx of the positions and the range lo to hi of the sums that
 * bilinear interpolation leaves undivided. A constant channel is all 0.
 *
 * activations `[n, k, h, w]`, finite → int32 `[n, k, h, w]`. An axis whose samples are less than twice as
 * dense as the layer (and not the layer's own) is sampled here, exactly, and has `H` or `W` entries: its
 * layer values may lie so far outside the samples' range that their integers would overflow.
 *
 * Exact up to one unit, in rare cases (WebAssembly: float64; WebGPU: 64-bit integers), which moves a sample
 * by about 2^-25 of the range.
 * @throws {CamError} `shape` when activations are not `[n, k, h, w]` or the grid does not fit 32-bit
 *   integers.
 */
export const quantizeLayer = defineKernel(
  shader,
  { activations: 4, q: 4 },
  ({ activations }, size: readonly [number, number]) => {
    const [n, k, h, w] = rank4('quantizeLayer: activations', activations);
    const [H, W] = size;
    const y = sampling('quantizeLayer: rows', h, H);
    const x = sampling('quantizeLayer: columns', w, W);
    const [rowsNow, columnsNow] = [samplesFirst(h, H), samplesFirst(w, W)];
    const laterY = rowsNow ? 1 : y.denominator;
    const laterX = columnsNow ? 1 : x.denominator;
    const [outHeight, outWidth] = [rowsNow ? H : h, columnsNow ? W : w];
    return {
      params: {
        batch: n,
        channels: k,
        height: h,
        width: w,
        outHeight,
        outWidth,
        sampleHeight: H,
        sampleWidth: W,
        originY: y.origin,
        stepY: y.step,
        denominatorY: y.denominator,
        originX: x.origin,
        stepX: x.step,
        denominatorX: x.denominator,
        bits: 30 + Math.floor(Math.log2(laterX)),
        divisor: laterY * laterX,
      },
      output: [n, k, outHeight, outWidth],
      workgroups: [k, n, 1],
    };
  },
);
