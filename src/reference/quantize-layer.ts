type Size = readonly [number, number];

/** Where the samples of an axis lie: sample i at `((D - t[i])·a[before[i]] + t[i]·a[after[i]]) / D`. */
export interface Axis {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly t: Int32Array;
  readonly D: number;
}

/** The half-pixel rule, `((2i + 1)·size - samples) / (2·samples)`, reduced by the gcd, held to the axis. */
export function axis(size: number, samples: number): Axis {
  const divisor = gcd(gcd(2 * size, 2 * samples), size - samples);
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

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** Row `y` of the samples of a map of `width` columns that begins at `first`, undivided by the two D. */
export function sampleRow(
  values: ArrayLike<number>,
  first: number,
  width: number,
  ys: Axis,
  y: number,
  xs: Axis,
  into: Float64Array,
): void {
  const [above, below, ty] = [first + ys.before[y] * width, first + ys.after[y] * width, ys.t[y]];
  for (let x = 0; x < xs.t.length; x++) {
    const [l, r, tx] = [xs.before[x], xs.after[x], xs.t[x]];
    into[x] =
      (ys.D - ty) * ((xs.D - tx) * values[above + l] + tx * values[above + r]) +
      ty * ((xs.D - tx) * values[below + l] + tx * values[below + r]);
  }
}

export interface Quantized {
  readonly q: Int32Array;
  readonly shape: readonly [number, number, number, number];
}

/**
 * `q = ceil((a·Dx·Dy - lo)·2^(30+s) / ((hi - lo)·Dx·Dy))`, `s = floor(log2 Dx)`, lo and hi over every sample,
 * in float64. An axis that is sampled less than twice as densely as the layer is sampled first and then has D
 * = 1.
 */
export function quantizeLayer(
  activations: ArrayLike<number>,
  [n, k, h, w]: readonly [number, number, number, number],
  [H, W]: Size,
): Quantized {
  const [ys, xs] = [axis(h, H), axis(w, W)];
  const [outYs, laterY] = outputs(h, H, ys);
  const [outXs, laterX] = outputs(w, W, xs);
  const scale = 2 ** (30 + Math.floor(Math.log2(laterX)));
  const [rows, columns] = [outYs.t.length, outXs.t.length];
  const q = new Int32Array(n * k * rows * columns);
  const row = new Float64Array(Math.max(W, columns));
  for (let channel = 0; channel < n * k; channel++) {
    const a = channel * h * w;
    let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let y = 0; y < H; y++) {
      sampleRow(activations, a, w, ys, y, xs, row);
      for (let x = 0; x < W; x++) {
        if (row[x] < lo) lo = row[x];
        if (row[x] > hi) hi = row[x];
      }
    }
    if (!(hi > lo)) continue;
    for (let y = 0; y < rows; y++) {
      sampleRow(activations, a, w, outYs, y, outXs, row);
      for (let x = 0; x < columns; x++) {
        const value = ((row[x] - lo) * scale) / ((hi - lo) * laterY * laterX);
        q[(channel * rows + y) * columns + x] = int32(Math.ceil(value));
      }
    }
  }
  return { q, shape: [n, k, rows, columns] };
}

/** Where q is taken along an axis, and the denominator that is left for later. */
function outputs(size: number, samples: number, sampled: Axis): [Axis, number] {
  if (samples < 2 * size && samples !== size) return [sampled, 1];
  const own = Int32Array.from({ length: size }, (_, i) => i);
  return [{ before: own, after: own, t: new Int32Array(size), D: sampled.D }, sampled.D];
}

/** The definition counts on 32 bits being enough: a value that does not fit is a mistake in it. */
export function int32(value: number): number {
  if ((value | 0) !== value) throw new Error(`${value} does not fit 32 bits`);
  return value;
}
