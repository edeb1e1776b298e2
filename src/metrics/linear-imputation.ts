import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { type GridSystem, gridSolver, slotOf } from './grid-solver.js';
import { expectImage, expectPlane, expectSameSize, type Plane } from './plane.js';
import { random } from './random.js';

export interface ImputationOptions {
  /** Standard deviation of the normal noise on every imputed value, in the tensor's unit. @default 0.01 */
  readonly noise?: number;
  /** @default 0 */
  readonly seed?: number;
  /** Largest residual left, as a share of the largest known magnitude; minimum 1e-12. @default 1e-7 */
  readonly tolerance?: number;
}

const SIDE = 1 / 6;
const CORNER = 1 / 12;

/**
 * Noisy linear imputation: each unknown pixel is the weighted mean of its eight neighbours (sides 1/6, corners 1/12, renormalised at
 * the image's border), all at once, plus noise; the known pixels stay.
 *
 * image `[C, H, W]`; known `[H, W]`, not 0 where the pixel is known → `[C, H, W]`. Where no pixel is known, the system has no
 * unique solution, and 0 (the mean colour) is taken.
 * ROAD (arXiv:2202.00449). Solved in float64.
 * @throws {CamError} `shape`, `input`, `option`.
 */
export function imputeLinearly(
  image: InputTensor,
  known: Plane,
  options: ImputationOptions = {},
): InputTensor {
  const { noise = 0.01, seed = 0, tolerance = 1e-7 } = options;
  const [channels, h, w] = expectImage('imputeLinearly', image);
  expectPlane('imputeLinearly: known', known);
  expectSameSize('imputeLinearly: known', known.shape, [h, w], 'one value per pixel of the image');
  if (!(noise >= 0) || !(tolerance >= 1e-12)) {
    throw new CamError(
      'option',
      `imputeLinearly: expected noise of at least 0 and a tolerance of at least 1e-12, got ${noise} and ${tolerance}.`,
    );
  }
  const unknown = Uint32Array.from({ length: h * w }, (_, p) => p).filter((p) => known.data[p] === 0);
  const solve = unknown.length < h * w ? gridSolver(systemOf(unknown, h, w)) : undefined;
  const data = image.data.slice();
  const draw = random(seed);
  for (let c = 0; c < channels; c++) {
    const plane = data.subarray(c * h * w, (c + 1) * h * w);
    let [largest, sum] = [0, 0];
    for (let p = 0; p < plane.length; p++) {
      if (known.data[p] === 0) continue;
      largest = Math.max(largest, Math.abs(plane[p]));
      sum += plane[p];
    }
    // Would go through every step and converge nowhere.
    if (!Number.isFinite(sum)) {
      throw new CamError(
        'input',
        `imputeLinearly: image: expected finite numbers, got others in channel ${c}.`,
      );
    }
    const b = new Float64Array(unknown.length);
    unknown.forEach((p, i) => {
      forNeighbours(p, h, w, (q, weight) => {
        if (known.data[q] !== 0) b[i] += weight * plane[q];
      });
    });
    const found = solve?.(b, sum / (h * w - unknown.length), tolerance * largest).values;
    unknown.forEach((p, i) => {
      plane[p] = (found?.[i] ?? 0) + noise * draw.normal();
    });
  }
  return { data, shape: image.shape };
}

/** Each unknown less the mean of its neighbours, times the weights inside the image; what is known goes to the right-hand side. */
function systemOf(unknown: Uint32Array, h: number, w: number): GridSystem {
  const n = unknown.length;
  const index = new Int32Array(h * w).fill(n);
  unknown.forEach((p, i) => {
    index[p] = i;
  });
  const diagonal = new Float64Array(n);
  const neighbours = new Int32Array(8 * n).fill(n);
  const weights = new Float64Array(8 * n);
  unknown.forEach((p, i) => {
    forNeighbours(p, h, w, (q, weight, slot) => {
      diagonal[i] += weight;
      if (index[q] === n) return;
      neighbours[8 * i + slot] = index[q];
      weights[8 * i + slot] = weight;
    });
  });
  return {
    y: Int32Array.from(unknown, (p) => Math.floor(p / w)),
    x: Int32Array.from(unknown, (p) => p % w),
    diagonal,
    neighbours,
    weights,
  };
}

function forNeighbours(
  p: number,
  h: number,
  w: number,
  visit: (q: number, weight: number, slot: number) => void,
): void {
  const [x, y] = [p % w, Math.floor(p / w)];
  for (let v = Math.max(0, y - 1); v <= Math.min(h - 1, y + 1); v++)
    for (let u = Math.max(0, x - 1); u <= Math.min(w - 1, x + 1); u++)
      if (v !== y || u !== x) visit(v * w + u, v === y || u === x ? SIDE : CORNER, slotOf(v - y, u - x));
}
