import { CamError } from '../errors.js';
import { gaussian } from './blur.js';
import { expectPlane, expectSameSize, type Plane } from './plane.js';

const SIGMA = 1.5;
const TAPS = 11;

/**
 * Structural similarity of two maps, at most 1; only equal maps reach 1. It is the mean over the map of
 * `(2 μa μb + C1)(2 σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2))`, `C1 = (0.01 L)²`, `C2 = (0.03 L)²`.
 *
 * Local means and (co)variances are taken under a Gaussian window of 11 × 11 pixels, σ 1.5, whose weights sum
 * to 1, at every position where the window fits. Along a side shorter than 11 the window has the largest odd
 * width that fits. a, b `[H, W]`; `range` L: span of the values, above 0, default 1. Wang et al. 2004, "Image
 * quality assessment: from error visibility to structural similarity", eq. 13.
 * @throws {CamError} `shape`, `input`, `option`.
 */
export function ssim(a: Plane, b: Plane, range = 1): number {
  expectPlane('ssim: a', a);
  expectPlane('ssim: b', b);
  expectSameSize('ssim: b', b.shape, a.shape, 'as the first map');
  if (!(range > 0 && Number.isFinite(range)))
    throw new CamError('option', `ssim: range: expected a number above 0, got ${range}.`);
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  const mean = (of: (p: number) => number) =>
    windowMeans(
      Float64Array.from({ length: a.data.length }, (_, p) => of(p)),
      a.shape,
    );
  const [ma, mb] = [mean((p) => a.data[p]), mean((p) => b.data[p])];
  const [aa, bb] = [mean((p) => a.data[p] ** 2), mean((p) => b.data[p] ** 2)];
  const ab = mean((p) => a.data[p] * b.data[p]);
  let sum = 0;
  for (let i = 0; i < ma.length; i++) {
    const [va, vb] = [aa[i] - ma[i] ** 2, bb[i] - mb[i] ** 2];
    const cov = ab[i] - ma[i] * mb[i];
    sum += ((2 * ma[i] * mb[i] + c1) * (2 * cov + c2)) / ((ma[i] ** 2 + mb[i] ** 2 + c1) * (va + vb + c2));
  }
  return sum / ma.length;
}

/** Weighted means over all windows that fit. */
function windowMeans(data: Float64Array, [height, width]: Plane['shape']): Float64Array {
  const [wy, wx] = [windowFor(height), windowFor(width)];
  const [rows, columns] = [height - wy.length + 1, width - wx.length + 1];
  const across = new Float64Array(height * columns);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < columns; x++)
      for (let t = 0; t < wx.length; t++) across[y * columns + x] += wx[t] * data[y * width + x + t];
  const means = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let t = 0; t < wy.length; t++)
      for (let x = 0; x < columns; x++) means[y * columns + x] += wy[t] * across[(y + t) * columns + x];
  return means;
}

const windowFor = (size: number): Float64Array =>
  gaussian(SIGMA, Math.min(TAPS, size % 2 === 1 ? size : size - 1));
