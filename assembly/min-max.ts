// Twin of kernels/min-max.wgsl: range[n] = (min over p of x[n, p], max over p of x[n, p])
//
// Four running results, joined at the end. pmin and pmax are one machine instruction each. They differ from
// min and max only for NaN, and NaN never arrives here.

export function minMax(batch: u32, positions: u32, x: usize, range: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one map
  for (let n: u32 = 0; n < batch; n++, x += plane, range += 8) {
    let lo4 = v128.load32_splat(x);
    let hi4 = lo4;
    let p: usize = 0;
    for (; p + 16 <= plane; p += 16) {
      const value4 = v128.load(x + p);
      lo4 = f32x4.pmin(lo4, value4);
      hi4 = f32x4.pmax(hi4, value4);
    }
    for (; p < plane; p += 4) {
      const value4 = v128.load32_splat(x + p);
      lo4 = f32x4.pmin(lo4, value4);
      hi4 = f32x4.pmax(hi4, value4);
    }
    lo4 = f32x4.pmin(lo4, v128.shuffle<f32>(lo4, lo4, 2, 3, 0, 1));
    hi4 = f32x4.pmax(hi4, v128.shuffle<f32>(hi4, hi4, 2, 3, 0, 1));
    store<f32>(range, min(f32x4.extract_lane(lo4, 0), f32x4.extract_lane(lo4, 1)));
    store<f32>(range + 4, max(f32x4.extract_lane(hi4, 0), f32x4.extract_lane(hi4, 1)));
  }
}
