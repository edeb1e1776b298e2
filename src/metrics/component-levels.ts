import type { Component } from './connected-components.js';
import type { Plane } from './plane.js';

/**
 * The 8-connected components of the pixels with `value ≥ level`, one level after another. The components of a
 * level come in no particular order.
 *
 * Pixels join a union-find forest from the highest value down, so all levels together cost about as much as
 * one.
 * @param levels  Descending.
 */
export function* componentLevels(
  { data, shape }: Plane,
  levels: readonly number[],
): Generator<readonly Component[], void, undefined> {
  const [height, width] = shape;
  const pixels = Uint32Array.from({ length: height * width }, (_, p) => p).sort((a, b) => data[b] - data[a]);
  const ABSENT = -1;
  const parent = new Int32Array(height * width).fill(ABSENT);
  const area = new Uint32Array(height * width);
  const [x0, y0, x1, y1, first] = Array.from({ length: 5 }, () => new Uint32Array(height * width));
  const root = (p: number): number => {
    let r = p;
    while (parent[r] !== r) {
      parent[r] = parent[parent[r]]; // halves the path
      r = parent[r];
    }
    return r;
  };
  const join = (a: number, b: number): void => {
    if (a === b) return;
    const [big, small] = area[a] < area[b] ? [b, a] : [a, b];
    parent[small] = big;
    area[big] += area[small];
    x0[big] = Math.min(x0[big], x0[small]);
    y0[big] = Math.min(y0[big], y0[small]);
    x1[big] = Math.max(x1[big], x1[small]);
    y1[big] = Math.max(y1[big], y1[small]);
    first[big] = Math.min(first[big], first[small]);
  };
  let roots: number[] = [];
  let next = 0;
  for (const level of levels) {
    for (; next < pixels.length && data[pixels[next]] >= level; next++) {
      const p = pixels[next];
      const [x, y] = [p % width, Math.floor(p / width)];
      parent[p] = p;
      area[p] = 1;
      [x0[p], y0[p], x1[p], y1[p], first[p]] = [x, y, x + 1, y + 1, p];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++)
          if (parent[v * width + u] !== ABSENT) join(root(v * width + u), root(p));
      roots.push(p);
    }
    roots = roots.filter((r) => parent[r] === r);
    yield roots.map((r) => ({ area: area[r], box: [x0[r], y0[r], x1[r], y1[r]], first: first[r] }));
  }
}
