import { expectPlane, type Plane } from './plane.js';

/**
 * Resizes a plane: bilinear, half-pixel centres, edges clamped. `[h, w]` → `[H, W]`, float64.
 * @throws {CamError} `shape`, `input`.
 */
export function upsample(plane: Plane, shape: Plane['shape']): Plane & { readonly data: Float64Array } {
  expectPlane('upsample', plane);
  const data = new Float64Array(shape[0] * shape[1]);
  expectPlane('upsample: size', { data, shape });
  const [rows, columns] = [taps(plane.shape[0], shape[0]), taps(plane.shape[1], shape[1])];
  const width = plane.shape[1];
  let at = 0;
  for (const [y0, y1, t] of rows) {
    for (const [x0, x1, u] of columns) {
      const top = plane.data[y0 * width + x0] * (1 - u) + plane.data[y0 * width + x1] * u;
      const bottom = plane.data[y1 * width + x0] * (1 - u) + plane.data[y1 * width + x1] * u;
      data[at++] = top * (1 - t) + bottom * t;
    }
  }
  return { data, shape };
}

/** The two neighbours of each output position along an axis, and the second's weight. */
function taps(from: number, to: number): [low: number, high: number, weight: number][] {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(position);
    return [low, Math.min(from - 1, low + 1), position - low];
  });
}
