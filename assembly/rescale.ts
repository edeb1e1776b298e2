// Twin of kernels/rescale.wgsl: scaled[n, p] = (x[n, p] - min[n]) / (max[n] - min[n]),
// 0 where max[n] = min[n]
//
// IEEE division gives exactly 0 and 1 at the ends. The clamp is for a range that is not the map's own.

export function rescale(batch: u32, positions: u32, x: usize, range: usize, scaled: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one map
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let n: u32 = 0; n < batch; n++, x += plane, scaled += plane, range += 8) {
    const lo4 = v128.load32_splat(range);
    const span4 = f32x4.sub(v128.load32_splat(range, 4), lo4);
    if (!(f32x4.extract_lane(span4, 0) >= f32.MIN_NORMAL_VALUE)) {
      memory.fill(scaled, 0, plane);
      continue;
    }
    let p: usize = 0;
    for (; p + 16 <= plane; p += 16) {
      const share4 = f32x4.div(f32x4.sub(v128.load(x + p), lo4), span4);
      v128.store(scaled + p, f32x4.pmin(f32x4.pmax(share4, zero), one));
    }
    for (; p < plane; p += 4) {
      const share4 = f32x4.div(f32x4.sub(v128.load32_splat(x + p), lo4), span4);
      store<f32>(scaled + p, f32x4.extract_lane(f32x4.pmin(f32x4.pmax(share4, zero), one), 0));
    }
  }
}
