import { addHigh, addLow, clip8, HALF } from './fixed-point';

/**
 * Resamples along y: row `i` of the target is `Σ_k w[i, k] · row first[i] + k` of the source, rounded to 8
 * bits; `bytes` of each row. `taps` is as for `alongX`; strides are bytes.
 */
export function alongY(
  source: usize,
  sourceStride: usize,
  bytes: usize,
  target: usize,
  targetStride: usize,
  outputs: u32,
  taps: usize,
  width: u32,
): void {
  const record = (<usize>width + 1) << 2;
  const half = i32x4.splat(HALF);
  for (; outputs > 0; outputs--, target += targetStride) {
    const weights = taps + 4;
    let from = source + <usize>load<u32>(taps) * sourceStride;
    taps += record;
    let to = target;
    const end = to + bytes;
    for (; to < end; to += 16, from += 16) {
      let a = half;
      let b = half;
      let c = half;
      let d = half;
      let at = from;
      for (let w = weights; w < taps; w += 4, at += sourceStride) {
        const weight = v128.load32_splat(w);
        const low = v128.load8x8_u(at);
        const high = v128.load8x8_u(at, 8);
        a = addLow(a, low, weight);
        b = addHigh(b, low, weight);
        c = addLow(c, high, weight);
        d = addHigh(d, high, weight);
      }
      const four = clip8(a, b, c, d);
      if (to + 16 <= end) v128.store(to, four);
      else {
        // Padding may follow a row: write not one byte too many.
        v128.store_lane<u32>(to, four, 0);
        if (to + 4 < end) v128.store_lane<u32>(to, four, 1, 4);
        if (to + 8 < end) v128.store_lane<u32>(to, four, 2, 8);
      }
    }
  }
}
