/** Kernels on maps `[n, h, w]` and value by value, in float64 JavaScript, as one writes the formula first. */

type Numbers = ArrayLike<number>;
type Size = readonly [number, number];

/** Sum over a window of `region × region`, zero outside. */
export function boxSum(x: Numbers, n: number, [h, w]: Size, region: number): Float64Array {
  const before = Math.floor((region - 1) / 2);
  const after = Math.floor(region / 2);
  const sums = new Float64Array(n * h * w);
  for (let plane = 0; plane < n; plane++)
    for (let y = 0; y < h; y++)
      for (let column = 0; column < w; column++) {
        let sum = 0;
        for (let r = Math.max(0, y - before); r <= Math.min(h - 1, y + after); r++)
          for (let c = Math.max(0, column - before); c <= Math.min(w - 1, column + after); c++)
            sum += x[(plane * h + r) * w + c];
        sums[(plane * h + y) * w + column] = sum;
      }
  return sums;
}

/** Minimum and maximum of each of `n` maps, `[n, 2]`. */
export function minMax(x: Numbers, n: number): Float64Array {
  const positions = x.length / n;
  const range = new Float64Array(2 * n);
  for (let plane = 0; plane < n; plane++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = plane * positions; i < (plane + 1) * positions; i++) {
      if (x[i] < low) low = x[i];
      if (x[i] > high) high = x[i];
    }
    range[2 * plane] = low;
    range[2 * plane + 1] = high;
  }
  return range;
}

/** `x · y`. */
export function multiply(x: Numbers, y: Numbers): Float64Array {
  const product = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) product[i] = x[i] * y[i];
  return product;
}

/** `max(x, 0)`. */
export function relu(x: Numbers): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = Math.max(x[i], 0);
  return y;
}

/** `log(1 + exp(x))`. */
export function softplus(x: Numbers): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = Math.log1p(Math.exp(x[i]));
  return y;
}

/**
 * Copies of an image of `p` pixels, each with the baseline where a pixel's rank lies in the copy's span
 * `[from, to)`.
 */
export function replaceRanked(
  image: Numbers,
  baseline: Numbers,
  ranks: Numbers,
  spans: Numbers,
  p: number,
): Float64Array {
  const copies = spans.length / 2;
  const replaced = new Float64Array(copies * image.length);
  for (let s = 0; s < copies; s++)
    for (let i = 0; i < image.length; i++) {
      const rank = ranks[i % p];
      const isTaken = rank >= spans[2 * s] && rank < spans[2 * s + 1];
      replaced[s * image.length + i] = isTaken ? baseline[i] : image[i];
    }
  return replaced;
}

/** `(x - min) / (max - min)` of each of `n` maps, 0 where flat. */
export function rescale(x: Numbers, range: Numbers, n: number): Float64Array {
  const positions = x.length / n;
  const scaled = new Float64Array(x.length);
  for (let plane = 0; plane < n; plane++) {
    const [low, high] = [range[2 * plane], range[2 * plane + 1]];
    if (high === low) continue;
    for (let i = plane * positions; i < (plane + 1) * positions; i++) scaled[i] = (x[i] - low) / (high - low);
  }
  return scaled;
}

/** `x / Σ x` of each of `n` maps. */
export function share(x: Numbers, n: number): Float64Array {
  const positions = x.length / n;
  const shares = new Float64Array(x.length);
  for (let plane = 0; plane < n; plane++) {
    let sum = 0;
    for (let i = plane * positions; i < (plane + 1) * positions; i++) sum += x[i];
    for (let i = plane * positions; i < (plane + 1) * positions; i++) shares[i] = sum === 0 ? 0 : x[i] / sum;
  }
  return shares;
}

/** Bilinear, half-pixel centres, edges clamped. */
export function resizeBilinear(x: Numbers, n: number, [h, w]: Size, [H, W]: Size): Float64Array {
  const resized = new Float64Array(n * H * W);
  for (let plane = 0; plane < n; plane++)
    for (let Y = 0; Y < H; Y++) {
      const y = Math.min(Math.max(((Y + 0.5) * h) / H - 0.5, 0), h - 1);
      const above = (plane * h + Math.floor(y)) * w;
      const below = (plane * h + Math.min(Math.floor(y) + 1, h - 1)) * w;
      const ty = y - Math.floor(y);
      for (let X = 0; X < W; X++) {
        const column = Math.min(Math.max(((X + 0.5) * w) / W - 0.5, 0), w - 1);
        const left = Math.floor(column);
        const right = Math.min(left + 1, w - 1);
        const tx = column - left;
        resized[(plane * H + Y) * W + X] =
          (1 - ty) * ((1 - tx) * x[above + left] + tx * x[above + right]) +
          ty * ((1 - tx) * x[below + left] + tx * x[below + right]);
      }
    }
  return resized;
}

/** Minimum and maximum of each of `n` maps once it is resized, `[n, 2]`. */
export function upsampledRange(x: Float32Array, n: number, from: Size, to: Size): Float64Array {
  const positions = from[0] * from[1];
  const ranges = new Float64Array(2 * n);
  for (let plane = 0; plane < n; plane++) {
    const resized = resizeBilinear(x.subarray(plane * positions, (plane + 1) * positions), 1, from, to);
    ranges.set(minMax(resized, 1), 2 * plane);
  }
  return ranges;
}

/** The first `masks` channels of a layer as masks of a picture: `input · minmax(resize(channel))`. */
export function scoreCamMasks(
  input: Numbers,
  layer: Float32Array,
  masks: number,
  from: Size,
  to: Size,
): Float64Array {
  const [positions, pixels] = [from[0] * from[1], to[0] * to[1]];
  const masked = new Float64Array(masks * input.length);
  for (let k = 0; k < masks; k++) {
    const map = resizeBilinear(layer.subarray(k * positions, (k + 1) * positions), 1, from, to);
    const mask = rescale(map, minMax(map, 1), 1);
    for (let i = 0; i < input.length; i++) masked[k * input.length + i] = input[i] * mask[i % pixels];
  }
  return masked;
}
