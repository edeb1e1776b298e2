import { CamError } from '../errors.js';
import { expectPlane, expectSameSize, type Plane } from './plane.js';

/**
 * `[x0, y0, x1, y1)` in pixels of the map, not necessarily whole: x to the right, y down, the far sides
 * excluded.
 */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Where the object is: boxes, whose union counts, or a mask. */
export type Region = readonly Box[] | Plane;

/**
 * Checks that a box has finite sides in order. An empty one (x0 = x1) is a box without pixels.
 * @throws {CamError} `input`.
 */
export function expectBox(where: string, box: Box): void {
  if (box.length !== 4 || !box.every(Number.isFinite) || box[0] > box[2] || box[1] > box[3]) {
    throw new CamError(
      'input',
      `${where}: expected a box [x0, y0, x1, y1) with x0 ≤ x1 and y0 ≤ y1, got [${box.join(', ')}].`,
    );
  }
}

/**
 * `[H * W]`, 1 for pixels of the region: those whose centre `(x + ½, y + ½)` lies in a box, or that the mask
 * marks. Parts outside the image have no pixels.
 * @throws {CamError} `shape`, `input`.
 */
export function regionMask(where: string, region: Region, shape: Plane['shape']): Uint8Array {
  const [height, width] = shape;
  const mask = new Uint8Array(height * width);
  if ('data' in region) {
    expectPlane(`${where}: mask`, region);
    expectSameSize(`${where}: mask`, region.shape, shape, 'as the map');
    for (let p = 0; p < mask.length; p++) mask[p] = region.data[p] === 0 ? 0 : 1;
    return mask;
  }
  for (const box of region) {
    expectBox(where, box);
    const [x0, y0, x1, y1] = box.map((side, i) => pixelFrom(side, i % 2 === 0 ? width : height));
    for (let y = y0; y < y1; y++) mask.fill(1, y * width + x0, y * width + Math.max(x0, x1));
  }
  return mask;
}

/** The first pixel whose centre is at or beyond `side`, within 0..size. */
const pixelFrom = (side: number, size: number): number => Math.min(size, Math.max(0, Math.ceil(side - 0.5)));
