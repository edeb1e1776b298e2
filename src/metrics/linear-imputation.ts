import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';
import { cellCount, type GridSystem, stride } from './grid.js';
import { gridSolver } from './grid-solver.js';
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
 * Noisy linear imputation. Each unknown pixel is the weighted mean of its eight neighbours (sides 1/6,
 * corners 1/12, renormalised at the image's border), plus noise. One linear system gives all of them. The
 * known pixels stay.
 *
 * image `[C, H, W]`; known `[H, W]`, not 0 where the pixel is known → `[C, H, W]`. Without a known pixel the
 * system has no unique solution; every pixel is then 0 (the mean colour) plus noise. ROAD (arXiv:2202.00449).
 * Solved in float64.
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
  const system = systemOf(known, h, w);
  const { cells } = system;
  const solve = cells.length < h * w ? gridSolver(system) : undefined;
  const rim = stride(w);
  const pixel = (index: number): number => (Math.floor(index / rim) - 1) * w + (index % rim) - 1;
  const unknown = cells.map(pixel);
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
    // The solver would take every step and never converge.
    if (!Number.isFinite(sum)) {
      throw new CamError(
        'input',
        `imputeLinearly: image: expected finite numbers, got others in channel ${c}.`,
      );
    }
    const b = new Float64Array(cellCount(h, w));
    unknown.forEach((p, i) => {
      b[cells[i]] = knownAround(p, plane, known, h, w);
    });
    const found = solve?.(b, sum / (h * w - unknown.length), tolerance * largest).values;
    unknown.forEach((p, i) => {
      plane[p] = (found?.[cells[i]] ?? 0) + noise * draw.normal();
    });
  }
  return { data, shape: image.shape };
}

/**
 * One row per unknown: the unknown less the mean of its neighbours, times the weights inside the image. Known
 * pixels go to the right-hand side.
 */
function systemOf(known: Plane, height: number, width: number): GridSystem {
  const w = stride(width);
  const make = () => new Float64Array(cellCount(height, width));
  const [diagonal, right, belowLeft, below, belowRight] = [make(), make(), make(), make(), make()];
  const isUnknown = new Uint8Array(diagonal.length);
  const cells: number[] = [];
  for (let y = 0; y < height; y++) {
    const beside = (y > 0 ? 1 : 0) + (y < height - 1 ? 1 : 0);
    for (let x = 0; x < width; x++) {
      if (known.data[y * width + x] !== 0) continue;
      const columns = (x > 0 ? 1 : 0) + (x < width - 1 ? 1 : 0);
      const i = (y + 1) * w + x + 1;
      isUnknown[i] = 1;
      diagonal[i] = SIDE * (beside + columns) + CORNER * beside * columns;
      cells.push(i);
    }
  }
  for (const i of cells) {
    right[i] = SIDE * isUnknown[i + 1];
    belowLeft[i] = CORNER * isUnknown[i + w - 1];
    below[i] = SIDE * isUnknown[i + w];
    belowRight[i] = CORNER * isUnknown[i + w + 1];
  }
  return { height, width, cells: new Int32Array(cells), diagonal, right, belowLeft, below, belowRight };
}

/** Weighted sum of the known neighbours of pixel p. */
function knownAround(p: number, plane: Float32Array, known: Plane, h: number, w: number): number {
  const [x, y] = [p % w, Math.floor(p / w)];
  let sum = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(h - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(w - 1, x + 1); u++) {
      const q = v * w + u;
      if (q !== p && known.data[q] !== 0) sum += (v === y || u === x ? SIDE : CORNER) * plane[q];
    }
  }
  return sum;
}
