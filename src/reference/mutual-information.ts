import { axis, int32, quantizeLayer } from './quantize-layer.js';

type Size = readonly [number, number];

/**
 * `H(gray) + H(map) - H(joint)`, nats, of each channel `[n, k, h, w]`, upsampled, with the grey image
 * `[n, H, W]`. Bins are decided in whole numbers, which float64 holds exactly; entropies are by logarithm.
 */
export function mutualInformation(
  activations: ArrayLike<number>,
  gray: Uint32Array,
  [n, k, h, w]: readonly [number, number, number, number],
  size: Size,
  bins: number,
): Float64Array {
  const { q, shape } = quantizeLayer(activations, [n, k, h, w], size);
  const map = [shape[2], shape[3]] as const;
  const [channel, image] = [map[0] * map[1], size[0] * size[1]];
  return Float64Array.from({ length: n * k }, (_, i) => {
    const picture = Math.floor(i / k) * image;
    const pixels = gray.subarray(picture, picture + image);
    const joint = integerCounts(q.subarray(i * channel, (i + 1) * channel), map, pixels, size, bins);
    return information(joint, bins);
  });
}

/** Joint counts `[bins grey][bins map]` of one channel, by the integer steps of the definition. */
export function integerCounts(
  q: ArrayLike<number>,
  [h, w]: Size,
  gray: ArrayLike<number>,
  [H, W]: Size,
  bins: number,
): Uint32Array {
  const [ys, xs] = [axis(h, H), axis(w, W)];
  const step = 2 ** Math.floor(Math.log2(xs.D));
  const row = new Float64Array(w);
  const joint = new Uint32Array(bins * bins);
  for (let y = 0; y < H; y++) {
    const [above, below, ty] = [ys.before[y] * w, ys.after[y] * w, ys.t[y]];
    for (let x = 0; x < w; x++) {
      const sum = q[above + x] * (ys.D - ty) + q[below + x] * ty;
      row[x] = Math.floor(int32(sum + step - 1) / step);
    }
    for (let x = 0; x < W; x++) {
      const value = int32(row[xs.before[x]] * (xs.D - xs.t[x]) + row[xs.after[x]] * xs.t[x]);
      const bin = Math.min(Math.floor((value * bins) / 2 ** 30), bins - 1);
      joint[Math.floor((gray[y * W + x] * bins) / 256) * bins + bin]++;
    }
  }
  return joint;
}

/** Counts over the map's bins, and over the grey bins. */
export function marginals(joint: ArrayLike<number>, bins: number): { gray: Uint32Array; map: Uint32Array } {
  const gray = new Uint32Array(bins);
  const map = new Uint32Array(bins);
  for (let cell = 0; cell < bins * bins; cell++) {
    gray[Math.floor(cell / bins)] += joint[cell];
    map[cell % bins] += joint[cell];
  }
  return { gray, map };
}

/** `H(gray) + H(map) - H(joint)`, nats, by logarithms in float64. */
export function information(joint: Uint32Array, bins: number): number {
  const { gray, map } = marginals(joint, bins);
  return entropy(gray) + entropy(map) - entropy(joint);
}

export function entropy(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total);
  return sum;
}
