import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { expectImage } from './plane.js';

/** Weights of a Gaussian window: `taps` values (odd), standard deviation `sigma` pixels, sum 1. */
export function gaussian(sigma: number, taps: number): Float64Array {
  if (!(sigma > 0) || !Number.isFinite(sigma) || !Number.isInteger(taps) || taps < 1 || taps % 2 === 0) {
    throw new CamError(
      'option',
      `blur: expected sigma above 0 and an odd number of taps, got ${sigma} and ${taps}.`,
    );
  }
  const weights = Float64Array.from({ length: taps }, (_, i) =>
    Math.exp(-((i - (taps - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/**
 * Blurs an image with a separable Gaussian, channel by channel. Edge pixels repeat beyond the border. image
 * `[C, H, W]` → `[C, H, W]`; `sigma` in pixels, `taps` odd: the width of the window. Keep CALM
 * (arXiv:2106.07861) §5.3 removes pixels with σ 15, 31 taps; RISE (arXiv:1806.07421) inserts on σ 5, 11 taps.
 * @throws {CamError} `shape`, `option`.
 */
export function blur(image: InputTensor, sigma = 15, taps = 31): InputTensor {
  const [channels, h, w] = expectImage('blur', image);
  const weights = gaussian(sigma, taps);
  const rows = new Float64Array(h * w);
  const data = new Float32Array(image.data.length);
  for (let c = 0; c < channels; c++) {
    const base = c * h * w;
    along(image.data.subarray(base, base + h * w), rows, weights, h, w, w, 1);
    along(rows, data.subarray(base, base + h * w), weights, w, h, 1, w);
  }
  return { data, shape: image.shape };
}

/**
 * One axis: `lines` lines of `length` values, whose starts lie `line` apart and whose values lie `step`
 * apart.
 */
function along(
  from: Float32Array | Float64Array,
  to: Float32Array | Float64Array,
  weights: Float64Array,
  lines: number,
  length: number,
  line: number,
  step: number,
): void {
  const half = (weights.length - 1) / 2;
  for (let l = 0; l < lines; l++) {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let t = -half; t <= half; t++) {
        const at = Math.min(length - 1, Math.max(0, i + t));
        sum += weights[t + half] * from[l * line + at * step];
      }
      to[l * line + i * step] = sum;
    }
  }
}
