import type { Plane } from '../../../metrics/index.js';

/**
 * A mask with 1 for each pixel whose centre lies in one of the polygons (`[x0, y0, x1, y1, …]`, even-odd
 * rule). Shape `[height, width]`; `scale` converts the polygons' units to pixels.
 */
export function polygonMask(
  polygons: readonly (readonly number[])[],
  shape: Plane['shape'],
  [sx, sy]: readonly [number, number] = [1, 1],
): Plane {
  const [height, width] = shape;
  const data = new Uint8Array(height * width);
  for (const polygon of polygons) {
    const corners = polygon.length >> 1;
    for (let y = 0; y < height; y++) {
      const line = y + 0.5;
      const crossings: number[] = [];
      for (let i = 0, j = corners - 1; i < corners; j = i++) {
        const [xi, yi] = [polygon[2 * i] * sx, polygon[2 * i + 1] * sy];
        const [xj, yj] = [polygon[2 * j] * sx, polygon[2 * j + 1] * sy];
        if (yi > line !== yj > line) crossings.push(xi + ((line - yi) / (yj - yi)) * (xj - xi));
      }
      crossings.sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const from = Math.max(0, Math.ceil(crossings[i] - 0.5));
        const to = Math.min(width, Math.ceil(crossings[i + 1] - 0.5));
        if (to > from) data.fill(1, y * width + from, y * width + to);
      }
    }
  }
  return { data, shape };
}
