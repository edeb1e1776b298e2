/** A sample between two neighbours of an axis: `((D - t)·a[i0] + t·a[i1]) / D`, in integers. */
export interface Sample {
  readonly i0: number;
  readonly i1: number;
  readonly t: number;
  readonly D: number;
}

/** The half-pixel rule, `((2i + 1)·size - samples) / (2·samples)`, reduced by the gcd, held to the axis. */
export function axis(size: number, samples: number): Sample[] {
  const numerators = Array.from({ length: samples }, (_, i) => (2 * i + 1) * size - samples);
  const divisor = [2 * samples, ...numerators].reduce(gcd);
  const D = (2 * samples) / divisor;
  return numerators.map((numerator) => {
    const position = Math.min(Math.max(numerator / divisor, 0), (size - 1) * D);
    const i0 = Math.floor(position / D);
    return { i0, i1: Math.min(i0 + 1, size - 1), t: position - i0 * D, D };
  });
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** The undivided sum of four neighbours, float64. */
export const sumAt = (a: ArrayLike<number>, width: number, y: Sample, x: Sample): number =>
  (y.D - y.t) * ((x.D - x.t) * a[y.i0 * width + x.i0] + x.t * a[y.i0 * width + x.i1]) +
  y.t * ((x.D - x.t) * a[y.i1 * width + x.i0] + x.t * a[y.i1 * width + x.i1]);

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
  activations: Float32Array,
  [n, k, h, w]: readonly [number, number, number, number],
  [H, W]: readonly [number, number],
): Quantized {
  const [ys, xs] = [axis(h, H), axis(w, W)];
  const [outYs, laterY] = outputs(h, H, ys);
  const [outXs, laterX] = outputs(w, W, xs);
  const s = Math.floor(Math.log2(laterX));
  const q = new Int32Array(n * k * outYs.length * outXs.length);
  let to = 0;
  for (let channel = 0; channel < n * k; channel++) {
    const a = activations.subarray(channel * h * w, (channel + 1) * h * w);
    let lo = Number.POSITIVE_INFINITY;
    let hi = Number.NEGATIVE_INFINITY;
    for (const y of ys)
      for (const x of xs) {
        const sum = sumAt(a, w, y, x);
        lo = Math.min(lo, sum);
        hi = Math.max(hi, sum);
      }
    for (const y of outYs)
      for (const x of outXs) {
        const value = ((sumAt(a, w, y, x) - lo) * 2 ** (30 + s)) / ((hi - lo) * laterY * laterX);
        q[to++] = int32(hi > lo ? Math.ceil(value) : 0);
      }
  }
  return { q, shape: [n, k, outYs.length, outXs.length] };
}

/** Where q is taken along an axis, and the denominator that is left for later. */
function outputs(size: number, samples: number, sampled: readonly Sample[]): [readonly Sample[], number] {
  if (samples < 2 * size && samples !== size) return [sampled, 1];
  const { D } = sampled[0];
  return [Array.from({ length: size }, (_, i) => ({ i0: i, i1: i, t: 0, D })), D];
}

/** The definition counts on 32 bits being enough: a value that does not fit is a mistake in it. */
export function int32(value: number): number {
  if ((value | 0) !== value) throw new Error(`${value} does not fit 32 bits`);
  return value;
}
