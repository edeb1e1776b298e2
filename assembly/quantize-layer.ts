// Twin of kernels/quantize-layer.wgsl: q = ceil((S - lo)·2^bits / ((hi - lo)·divisor)), S and its range lo..hi per channel in float64
//
// S = Σ weights · activations without the division by Dy·Dx, interpolated along x, then along y. Where the range is taken
// and where q is asked for are two lists of positions per axis, made once; then the same loops serve both.

// One position: byte offsets of its two neighbours (u32), their weights D - t and t (f64).
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

/** First and last sample of each run of samples between two neighbours of the layer: S is monotone between them. */
function putEnds(list: usize, size: u32, samples: u32, origin: i32, step: u32, denominator: u32): void {
  let first: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const distance = <i32>((i + 1) * denominator) - origin;
    const next = i === size - 1 ? samples : <u32>max(distance + <i32>step - 1, 0) / step; // may lie behind the last
    put(list, 2 * i, origin + <i32>(min(first, samples - 1) * step), size, denominator);
    put(list, 2 * i + 1, origin + <i32>((min(max(next, 1), samples) - 1) * step), size, denominator);
    first = next;
  }
}

function putEach(list: usize, count: u32, size: u32, origin: i32, step: u32, denominator: u32): void {
  for (let i: u32 = 0; i < count; i++) put(list, i, origin + <i32>(i * step), size, denominator);
}

/** rows[y, i] = S of one layer row at position i of the list, f64; an odd count is followed by a repeated value. */
function interpolateRows(a: usize, height: u32, width: u32, list: usize, count: u32, rows: usize): void {
  for (let y: u32 = 0; y < height; y++, a += (<usize>width) << 2) {
    for (let i: u32 = 0; i < count; i++, rows += 8) {
      const entry = list + <usize>i * POSITION;
      const left = <f64>load<f32>(a + ((<usize>load<u32>(entry)) << 2));
      const right = <f64>load<f32>(a + ((<usize>load<u32>(entry, 4)) << 2));
      store<f64>(rows, load<f64>(entry, 8) * left + load<f64>(entry, 16) * right);
    }
    if (count & 1) {
      store<f64>(rows, load<f64>(rows - 8));
      rows += 8;
    }
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
  const listBytes = <usize>(2 * height + 2 * width + outHeight + outWidth) * POSITION;
  const stride = (<usize>max(2 * width, (outWidth + 1) & ~1)) << 3; // bytes in a row of S, whole vectors
  const scratch = heap.alloc(listBytes + <usize>height * stride);
  const endsY = scratch;
  const endsX = endsY + <usize>(2 * height) * POSITION;
  const outY = endsX + <usize>(2 * width) * POSITION;
  const outX = outY + <usize>outHeight * POSITION;
  const rows = outX + <usize>outWidth * POSITION;
  putEnds(endsY, height, sampleHeight, originY, stepY, denominatorY);
  putEnds(endsX, width, sampleWidth, originX, stepX, denominatorX);
  if (outHeight === height) putEach(outY, height, height, 0, denominatorY, denominatorY);
  else putEach(outY, outHeight, height, originY, stepY, denominatorY);
  if (outWidth === width) putEach(outX, width, width, 0, denominatorX, denominatorX);
  else putEach(outX, outWidth, width, originX, stepX, denominatorX);

  const scale = <f64>((<u64>1) << bits);
  const layerBytes = (<usize>(height * width)) << 2;
  const outBytes = (<usize>(outHeight * outWidth)) << 2;
  for (let nk: u32 = 0; nk < batch * channels; nk++, activations += layerBytes) {
    interpolateRows(activations, height, width, endsX, 2 * width, rows);
    range(rows, endsY, 2 * height, (<usize>width) << 4);
    const extent = (hi - lo) * <f64>divisor;
    if (!(hi > lo)) memory.fill(q, 0, outBytes);
    else if (outHeight === height && outWidth === width) {
      quantizeAsIs(activations, layerBytes, <f64>denominatorX, <f64>denominatorY, scale, extent, q);
    } else {
      interpolateRows(activations, height, width, outX, outWidth, rows);
      quantize(rows, outY, outHeight, outWidth, scale, extent, q);
    }
    q += outBytes;
  }
  heap.free(scratch);
}

let lo: f64 = 0;
let hi: f64 = 0;

function between(entry: usize, rows: usize, stride: usize, offset: usize): v128 {
  const above = v128.load(rows + <usize>load<u32>(entry) * stride + offset);
  const below = v128.load(rows + <usize>load<u32>(entry, 4) * stride + offset);
  return f64x2.add(
    f64x2.mul(v128.load_splat<f64>(entry + 8), above),
    f64x2.mul(v128.load_splat<f64>(entry + 16), below),
  );
}

/** Sets lo and hi to the range of S. */
function range(rows: usize, list: usize, count: u32, stride: usize): void {
  let least = f64x2.splat(Infinity);
  let most = f64x2.splat(-Infinity);
  for (let i: u32 = 0; i < count; i++, list += POSITION) {
    for (let x: usize = 0; x < stride; x += 16) {
      const s = between(list, rows, stride, x);
      least = f64x2.pmin(least, s);
      most = f64x2.pmax(most, s);
    }
  }
  lo = min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  hi = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

/** q of two values of S, in the lower half. */
function quantized(s: v128, scale: f64, extent: f64): v128 {
  const scaled = f64x2.mul(f64x2.sub(s, f64x2.splat(lo)), f64x2.splat(scale));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.ceil(f64x2.div(scaled, f64x2.splat(extent))));
}

/** Writes q at the layer's own positions, where S is Dy · Dx · activation. */
function quantizeAsIs(a: usize, bytes: usize, Dx: f64, Dy: f64, scale: f64, extent: f64, q: usize): void {
  const Dx2 = f64x2.splat(Dx);
  const Dy2 = f64x2.splat(Dy);
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    const s = f64x2.mul(Dy2, f64x2.mul(Dx2, f64x2.promote_low_f32x4(v128.load64_zero(a + i))));
    v128.store64_lane(q + i, quantized(s, scale, extent), 0);
  }
  if (i < bytes) {
    const s = f64x2.splat(Dy * (Dx * <f64>load<f32>(a + i)));
    v128.store32_lane(q + i, quantized(s, scale, extent), 0);
  }
}

/** Writes q of one channel at the list's positions. */
function quantize(rows: usize, list: usize, count: u32, width: u32, scale: f64, extent: f64, q: usize): void {
  const stride = (<usize>((width + 1) >> 1)) << 4;
  for (let i: u32 = 0; i < count; i++, list += POSITION) {
    let left = width;
    for (let x: usize = 0; x < stride; x += 16) {
      const pair = quantized(between(list, rows, stride, x), scale, extent);
      if (left > 1) v128.store64_lane(q, pair, 0);
      else v128.store32_lane(q, pair, 0);
      const written = min(left, 2);
      q += (<usize>written) << 2;
      left -= written;
    }
  }
}
