// Twin of kernels/quantize-layer.wgsl: q = ceil((S - lo)·2^bits / ((hi - lo)·divisor)),
// S and its range lo..hi per channel in float64
//
// S = Σ weights · activations without the division by Dy·Dx, interpolated along x, then along y. The
// positions of samples along an axis are computed once. A step is two channels, side by side in a vector, so
// no row ends within a vector.

// One position: indices of its two neighbours (u32), their weights D - t and t (f64).
const POSITION: usize = 24;

function put(list: usize, index: u32, position: i32, size: u32, denominator: u32): void {
  const clamped = <u32>min(max(position, 0), <i32>((size - 1) * denominator));
  const i = clamped / denominator;
  const t = clamped - i * denominator;
  const entry = list + <usize>index * POSITION;
  store<u32>(entry, i);
  store<u32>(entry, min(i + 1, size - 1), 4);
  store<f64>(entry, <f64>(denominator - t), 8);
  store<f64>(entry, <f64>t, 16);
}

/**
 * First and last sample of each run of samples between two neighbours of the layer: S is monotone between
 * them. If no sample lies between two neighbours, both are the same sample from elsewhere.
 */
function putRuns(list: usize, size: u32, samples: u32, origin: i32, step: u32, denominator: u32): void {
  let first: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const distance = <i32>((i + 1) * denominator) - origin;
    // May be after the last sample.
    const next = i === size - 1 ? samples : <u32>max(distance + <i32>step - 1, 0) / step;
    first = min(first, samples - 1);
    const last = max(min(next, samples), first + 1) - 1;
    put(list, 2 * i, origin + <i32>(first * step), size, denominator);
    put(list, 2 * i + 1, origin + <i32>(last * step), size, denominator);
    first = next;
  }
}

/** The positions to compute q at: the samples, or the layer's own positions. */
function putEach(list: usize, count: u32, size: u32, origin: i32, step: u32, denominator: u32): void {
  const own = count === size;
  for (let i: u32 = 0; i < count; i++) {
    put(list, i, own ? <i32>(i * denominator) : origin + <i32>(i * step), size, denominator);
  }
}

export function quantizeLayer(
  batch: u32,
  channels: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  sampleHeight: u32,
  sampleWidth: u32,
  originY: i32,
  stepY: u32,
  denominatorY: u32,
  originX: i32,
  stepX: u32,
  denominatorX: u32,
  bits: u32,
  divisor: u32,
  activations: usize,
  q: usize,
): void {
  const row = (<usize>width) << 4; // bytes in one row of two channels
  const lists = <usize>(2 * height + 2 * width + outHeight + outWidth) * POSITION;
  const runsY = heap.alloc(lists + 3 * row * height);
  const runsX = runsY + <usize>(2 * height) * POSITION;
  const outY = runsX + <usize>(2 * width) * POSITION;
  const outX = outY + <usize>outHeight * POSITION;
  const layer = outX + <usize>outWidth * POSITION; // [height, width, 2]
  const rows = layer + row * height; // [height, 2 width, 2]
  putRuns(runsY, height, sampleHeight, originY, stepY, denominatorY);
  putRuns(runsX, width, sampleWidth, originX, stepX, denominatorX);
  putEach(outY, outHeight, height, originY, stepY, denominatorY);
  putEach(outX, outWidth, width, originX, stepX, denominatorX);

  const asIs = outHeight === height && outWidth === width;
  const D = f64x2.splat(<f64>denominatorX * <f64>denominatorY);
  const unit = f64x2.splat(<f64>divisor / <f64>((<u64>1) << bits));
  const layerBytes = (<usize>(height * width)) << 2;
  const outBytes = (<usize>(outHeight * outWidth)) << 2;
  const last = <usize>(batch * channels) - 1;
  for (let n: usize = 0; n <= last; n += 2) {
    const other = min(n + 1, last); // an odd last channel is paired with itself
    interleave(activations + n * layerBytes, activations + other * layerBytes, layerBytes, layer);
    stretch(layer, height, row, runsX, outY, rows);
    range(rows, runsY, runsX, 2 * row);
    // If all values are equal, every q is 0.
    const flat = f64x2.ge(lo, hi);
    const extent = v128.bitselect(f64x2.splat(Infinity), f64x2.mul(f64x2.sub(hi, lo), unit), flat);
    if (asIs) quantizeAsIs(layer, layer + row * height, D, extent, q + n * outBytes, q + other * outBytes);
    else quantize(layer, row, outY, outX, layer, extent, q + n * outBytes, q + other * outBytes);
  }
  heap.free(runsY);
}

function interleave(a: usize, b: usize, bytes: usize, to: usize): void {
  for (let p: usize = 0; p < bytes; p += 4, to += 16) {
    v128.store(to, f64x2.promote_low_f32x4(v128.load_lane<f32>(b + p, v128.load32_zero(a + p), 1)));
  }
}

/** S between two neighbours of the given weights. */
function between(first: v128, second: v128, weight1: v128, weight2: v128): v128 {
  return f64x2.add(f64x2.mul(weight1, first), f64x2.mul(weight2, second));
}

/** rows[y, 2 i] and rows[y, 2 i + 1] = S of layer row y at the ends of run i. */
function stretch(layer: usize, height: u32, row: usize, list: usize, end: usize, rows: usize): void {
  for (; list < end; list += 2 * POSITION, rows += 32) {
    let left = layer + ((<usize>load<u32>(list)) << 4);
    let right = layer + ((<usize>load<u32>(list, 4)) << 4);
    const w0 = v128.load_splat<f64>(list + 8);
    const w1 = v128.load_splat<f64>(list + 16);
    const w2 = v128.load_splat<f64>(list + POSITION + 8);
    const w3 = v128.load_splat<f64>(list + POSITION + 16);
    for (let y: u32 = 0, to = rows; y < height; y++, left += row, right += row, to += 2 * row) {
      const first = v128.load(left);
      const second = v128.load(right);
      v128.store(to, between(first, second, w0, w1));
      v128.store(to, between(first, second, w2, w3), 16);
    }
  }
}

let lo: v128 = f64x2.splat(0);
let hi: v128 = f64x2.splat(0);

/** Sets lo and hi to the range of S. */
function range(rows: usize, list: usize, end: usize, stride: usize): void {
  let least = f64x2.splat(Infinity);
  let most = f64x2.splat(-Infinity);
  for (; list < end; list += 2 * POSITION) {
    const above = rows + <usize>load<u32>(list) * stride;
    const below = rows + <usize>load<u32>(list, 4) * stride;
    const w0 = v128.load_splat<f64>(list + 8);
    const w1 = v128.load_splat<f64>(list + 16);
    const w2 = v128.load_splat<f64>(list + POSITION + 8);
    const w3 = v128.load_splat<f64>(list + POSITION + 16);
    for (let x: usize = 0; x < stride; x += 16) {
      const top = v128.load(above + x);
      const bottom = v128.load(below + x);
      const s = between(top, bottom, w0, w1);
      const t = between(top, bottom, w2, w3);
      least = f64x2.pmin(least, f64x2.pmin(s, t));
      most = f64x2.pmax(most, f64x2.pmax(s, t));
    }
  }
  lo = least;
  hi = most;
}

/** q of one value of S of each channel, in the lower half. */
function quantized(s: v128, extent: v128): v128 {
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.ceil(f64x2.div(f64x2.sub(s, lo), extent)));
}

/** Writes q at the layer's own positions, where S is Dy · Dx · activation. */
function quantizeAsIs(layer: usize, end: usize, D: v128, extent: v128, a: usize, b: usize): void {
  for (; layer < end; layer += 16, a += 4, b += 4) {
    const pair = quantized(f64x2.mul(D, v128.load(layer)), extent);
    v128.store32_lane(a, pair, 0);
    v128.store32_lane(b, pair, 1);
  }
}

/** Writes q at the positions of two lists. */
function quantize(
  layer: usize,
  row: usize,
  listY: usize,
  listX: usize,
  end: usize,
  extent: v128,
  a: usize,
  b: usize,
): void {
  for (let y = listY; y < listX; y += POSITION) {
    const above = layer + <usize>load<u32>(y) * row;
    const below = layer + <usize>load<u32>(y, 4) * row;
    const v0 = v128.load_splat<f64>(y + 8);
    const v1 = v128.load_splat<f64>(y + 16);
    for (let x = listX; x < end; x += POSITION, a += 4, b += 4) {
      const left = (<usize>load<u32>(x)) << 4;
      const right = (<usize>load<u32>(x, 4)) << 4;
      const w0 = v128.load_splat<f64>(x + 8);
      const w1 = v128.load_splat<f64>(x + 16);
      const top = between(v128.load(above + left), v128.load(above + right), w0, w1);
      const bottom = between(v128.load(below + left), v128.load(below + right), w0, w1);
      const pair = quantized(between(top, bottom, v0, v1), extent);
      v128.store32_lane(a, pair, 0);
      v128.store32_lane(b, pair, 1);
    }
  }
}
