// Twin of kernels/align-sign.wgsl: aligned[n, p] = sign · map[n, p],
// sign = -1 where Σ_p map[n, p] · toward[n, p] < 0, else 1
//
// The inner product is in float64, one value at a time: maps are small.

export function alignSign(batch: u32, positions: u32, map: usize, toward: usize, aligned: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one map
  for (let n: u32 = 0; n < batch; n++, map += plane, toward += plane, aligned += plane) {
    let sum: f64 = 0;
    for (let p: usize = 0; p < plane; p += 4) sum += <f64>load<f32>(map + p) * <f64>load<f32>(toward + p);
    const sign: f32 = sum < 0 ? -1 : 1;
    for (let p: usize = 0; p < plane; p += 4) store<f32>(aligned + p, sign * load<f32>(map + p));
  }
}
