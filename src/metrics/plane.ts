import { CamError } from '../errors.js';
import type { InputTensor } from '../types.js';

/** A map or a mask over the pixels of an image: `[H, W]`, row by row. In a mask, not 0 means inside. */
export interface Plane {
  readonly data: ArrayLike<number>;
  readonly shape: readonly [height: number, width: number];
}

const isSize = (size: number | undefined): boolean => Number.isInteger(size) && size! > 0;

/**
 * Checks that the plane has one finite number per pixel, and at least one pixel.
 * @throws {CamError} `shape`, `input`.
 */
export function expectPlane(where: string, { data, shape }: Plane): void {
  if (shape.length !== 2 || !shape.every(isSize)) {
    throw new CamError(
      'shape',
      `${where}: expected shape [H, W] with at least one pixel, got [${shape.join(', ')}].`,
    );
  }
  const [height, width] = shape;
  if (data.length !== height * width) {
    throw new CamError(
      'shape',
      `${where}: expected ${height * width} values (shape [${height}, ${width}]), got ${data.length}. Pass data and shape that fit.`,
    );
  }
  for (let p = 0; p < data.length; p++) {
    if (!Number.isFinite(data[p])) {
      throw new CamError(
        'input',
        `${where}: expected finite numbers, got ${data[p]} at [${Math.floor(p / width)}, ${p % width}].`,
      );
    }
  }
}

/** Like `expectPlane`; also checks that no value is below 0. */
export function expectNonNegative(where: string, plane: Plane): void {
  expectPlane(where, plane);
  const { data } = plane;
  for (let p = 0; p < data.length; p++) {
    if (data[p] < 0) {
      throw new CamError(
        'input',
        `${where}: expected values of at least 0, got ${data[p]}. Pass the saliency, not the map before ReLU.`,
      );
    }
  }
}

/** Checks that two planes cover the same pixels. */
export function expectSameSize(where: string, shape: Plane['shape'], as: Plane['shape'], why: string): void {
  if (shape[0] !== as[0] || shape[1] !== as[1]) {
    throw new CamError(
      'shape',
      `${where}: expected [${as.join(', ')}] (${why}), got [${shape.join(', ')}]. Resize one of them.`,
    );
  }
}

/**
 * Channels, height and width of one image `[C, H, W]`.
 * @throws {CamError} `shape` for other ranks, no pixels, or data that does not fit.
 */
export function expectImage(where: string, { data, shape }: InputTensor): [c: number, h: number, w: number] {
  const [c, h, w] = shape;
  if (shape.length !== 3 || !shape.every(isSize) || data.length !== c * h * w) {
    throw new CamError(
      'shape',
      `${where}: image: expected one image [C, H, W] and C·H·W values, got [${shape.join(', ')}] and ${data.length} values.`,
    );
  }
  return [c, h, w];
}
