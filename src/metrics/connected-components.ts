import { expectPlane, type Plane } from './plane.js';
import type { Box } from './region.js';

/** Pixels that are connected over sides and corners. */
export interface Component {
  /** Number of pixels. */
  readonly area: number;
  /** The smallest box that holds them; whole numbers. */
  readonly box: Box;
  /** The first of them in row order, `y·W + x`. */
  readonly first: number;
}

/**
 * The 8-connected components of a mask `[H, W]`, in the order of their first pixels.
 * @throws {CamError} `shape`, `input`.
 */
export function connectedComponents(mask: Plane): Component[] {
  expectPlane('connectedComponents: mask', mask);
  const [height, width] = mask.shape;
  const seen = new Uint8Array(height * width);
  const components: Component[] = [];
  const open: number[] = [];
  for (let first = 0; first < seen.length; first++) {
    if (mask.data[first] === 0 || seen[first] === 1) continue;
    let [x0, y0, x1, y1, area] = [width, height, 0, 0, 0];
    open.push(first);
    seen[first] = 1;
    for (let p = open.pop(); p !== undefined; p = open.pop()) {
      const [x, y] = [p % width, Math.floor(p / width)];
      area++;
      [x0, x1] = [Math.min(x0, x), Math.max(x1, x + 1)];
      [y0, y1] = [Math.min(y0, y), Math.max(y1, y + 1)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const q = v * width + u;
          if (mask.data[q] === 0 || seen[q] === 1) continue;
          seen[q] = 1;
          open.push(q);
        }
      }
    }
    components.push({ area, box: [x0, y0, x1, y1], first });
  }
  return components;
}

/** The largest component; among equals, the first in row order. */
export const largestComponent = (components: readonly Component[]): Component | undefined =>
  components.reduce<Component | undefined>(
    (best, c) =>
      best === undefined || c.area > best.area || (c.area === best.area && c.first < best.first) ? c : best,
    undefined,
  );
