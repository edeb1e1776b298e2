import { addHigh, addLow, clip8, HALF } from './fixed-point';

/**
 * Resamples rows along x: `target[y, i] = Σ_k w[i, k] · source[y, first[i] + k]`, rounded to 8 bits.
 *
 * `taps` has a record of `1 + width` i32 per output: first, then the weights. Strides are bytes. Four rows at
 * a time share a record. If fewer are left, the last row is repeated.
 */
export function alongX(
  source: usize,
  sourceStride: usize,
  rows: u32,
  target: usize,
  outputs: u32,
  taps: usize,
  width: u32,
): void {
  const targetStride = (<usize>outputs) << 2;
  const bytes = (<usize>width) << 2;
  const half = i32x4.splat(HALF);
  for (let y: u32 = 0; y < rows; y += 4) {
    const s1 = y + 1 < rows ? sourceStride : 0;
    const s2 = y + 2 < rows ? s1 + sourceStride : s1;
    const s3 = y + 3 < rows ? s2 + sourceStride : s2;
    const t1 = y + 1 < rows ? targetStride : 0;
    const t2 = y + 2 < rows ? t1 + targetStride : t1;
    const t3 = y + 3 < rows ? t2 + targetStride : t2;
    let record = taps;
    let to = target;
    for (let i: u32 = 0; i < outputs; i++, to += 4) {
      let at = source + ((<usize>load<u32>(record)) << 2);
      record += 4;
      const end = record + bytes;
      let a = half;
      let b = half;
      let c = half;
      let d = half;
      for (; record + 8 <= end; record += 8, at += 8) {
        const one = v128.load32_splat(record);
        const two = v128.load32_splat(record, 4);
        const pa = v128.load8x8_u(at);
        const pb = v128.load8x8_u(at + s1);
        const pc = v128.load8x8_u(at + s2);
        const pd = v128.load8x8_u(at + s3);
        a = addHigh(addLow(a, pa, one), pa, two);
        b = addHigh(addLow(b, pb, one), pb, two);
        c = addHigh(addLow(c, pc, one), pc, two);
        d = addHigh(addLow(d, pd, one), pd, two);
      }
      if (record < end) {
        const last = v128.load32_splat(record);
        a = addLow(a, v128.load8x8_u(at), last);
        b = addLow(b, v128.load8x8_u(at + s1), last);
        c = addLow(c, v128.load8x8_u(at + s2), last);
        d = addLow(d, v128.load8x8_u(at + s3), last);
        record += 4;
      }
      const four = clip8(a, b, c, d);
      v128.store_lane<u32>(to, four, 0);
      v128.store_lane<u32>(to + t1, four, 1);
      v128.store_lane<u32>(to + t2, four, 2);
      v128.store_lane<u32>(to + t3, four, 3);
    }
    source += sourceStride << 2;
    target += targetStride << 2;
  }
}
