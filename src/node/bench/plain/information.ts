/**
 * Mutual information of channels and a grey picture in JavaScript, as one writes it first: each map is
 * upsampled and binned sample by sample, entropies by logarithm. Bins are decided in whole numbers, which
 * float64 holds exactly, so that the answer is the kernels' own and not one that rounding put on the other
 * side of an edge.
 */

type Size = readonly [number, number];

/** Where the samples of an axis lie: between `before` and `after`, `t / D` of the way. */
interface Axis {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly t: Int32Array;
  readonly D: number;
}

/** Half-pixel samples of an axis that is sampled at least twice as densely as it is. */
function axisOf(size: number, samples: number): Axis {
  const divisor = gcd(gcd(2 * size, 2 * samples), samples - size);
  const D = (2 * samples) / divisor;
  const [before, after, t] = [new Int32Array(samples), new Int32Array(samples), new Int32Array(samples)];
  for (let i = 0; i < samples; i++) {
    const position = Math.min(Math.max(((2 * i + 1) * size - samples) / divisor, 0), (size - 1) * D);
    before[i] = Math.floor(position / D);
    after[i] = Math.min(before[i] + 1, size - 1);
    t[i] = position - before[i] * D;
  }
  return { before, after, t, D };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** One row of samples, undivided by the two D: `W` sums of four neighbours. */
function sampleRow(a: ArrayLike<number>, w: number, y: Axis, row: number, x: Axis, into: Float64Array): void {
  const [above, below, ty] = [y.before[row] * w, y.after[row] * w, y.t[row]];
  for (let i = 0; i < into.length; i++) {
    const [l, r, tx] = [x.before[i], x.after[i], x.t[i]];
    into[i] =
      (y.D - ty) * ((x.D - tx) * a[above + l] + tx * a[above + r]) +
      ty * ((x.D - tx) * a[below + l] + tx * a[below + r]);
  }
}

/**
 * `ceil((a·Dx·Dy - lo) · 2^(30+s) / ((hi - lo)·Dx·Dy))`, `s = floor(log2 Dx)`, of each channel; lo and hi
 * over all samples.
 */
export function quantizeLayer(layer: Float32Array, k: number, [h, w]: Size, [H, W]: Size): Int32Array {
  const [y, x] = [axisOf(h, H), axisOf(w, W)];
  const scale = 2 ** (30 + Math.floor(Math.log2(x.D)));
  const row = new Float64Array(W);
  const quantized = new Int32Array(k * h * w);
  for (let c = 0; c < k; c++) {
    const a = layer.subarray(c * h * w, (c + 1) * h * w);
    let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let Y = 0; Y < H; Y++) {
      sampleRow(a, w, y, Y, x, row);
      for (let X = 0; X < W; X++) {
        if (row[X] < lo) lo = row[X];
        if (row[X] > hi) hi = row[X];
      }
    }
    if (hi > lo)
      for (let p = 0; p < h * w; p++)
        quantized[c * h * w + p] = Math.ceil(((a[p] * y.D * x.D - lo) * scale) / ((hi - lo) * y.D * x.D));
  }
  return quantized;
}

/** Counts of grey values, 0 to 255, in `bins` bins, of each of `n` pictures. */
export function grayHistogram(gray: ArrayLike<number>, n: number, bins: number): Uint32Array {
  const counts = new Uint32Array(n * bins);
  const pixels = gray.length / n;
  for (let i = 0; i < gray.length; i++)
    counts[Math.floor(i / pixels) * bins + Math.floor((gray[i] * bins) / 256)]++;
  return counts;
}

function entropy(counts: Uint32Array, total: number): number {
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total);
  return sum;
}

/** `H(gray) + H(map) - H(joint)`, nats, of channels that `quantizeLayer` has put on its scale. */
function informationOf(
  quantized: Int32Array,
  gray: ArrayLike<number>,
  k: number,
  [h, w]: Size,
  [H, W]: Size,
  bins: number,
): Float64Array {
  const [y, x] = [axisOf(h, H), axisOf(w, W)];
  const step = 2 ** Math.floor(Math.log2(x.D));
  const grayEntropy = entropy(grayHistogram(gray, 1, bins), H * W);
  const row = new Float64Array(w);
  const information = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    const at = c * h * w;
    const [joint, map] = [new Uint32Array(bins * bins), new Uint32Array(bins)];
    for (let Y = 0; Y < H; Y++) {
      const [above, below, ty] = [at + y.before[Y] * w, at + y.after[Y] * w, y.t[Y]];
      for (let i = 0; i < w; i++) {
        const sum = quantized[above + i] * (y.D - ty) + quantized[below + i] * ty;
        row[i] = Math.floor((sum + step - 1) / step);
      }
      for (let X = 0; X < W; X++) {
        const value = row[x.before[X]] * (x.D - x.t[X]) + row[x.after[X]] * x.t[X];
        const bin = Math.min(Math.floor((value * bins) / 2 ** 30), bins - 1);
        joint[Math.floor((gray[Y * W + X] * bins) / 256) * bins + bin]++;
        map[bin]++;
      }
    }
    information[c] = grayEntropy + entropy(map, H * W) - entropy(joint, H * W);
  }
  return information;
}

/** The whole way from a layer to the information of its channels. */
export function mutualInformation(
  layer: Float32Array,
  gray: ArrayLike<number>,
  k: number,
  from: Size,
  to: Size,
  bins: number,
): Float64Array {
  return informationOf(quantizeLayer(layer, k, from, to), gray, k, from, to, bins);
}
