// Twin of kernels/share.wgsl: share[n, p] = x[n, p] / Σ_q x[n, q], 0 where the sum is 0
//
// Sums and quotients are in float64, so no scaling is needed.

export function share(maps: u32, positions: u32, x: usize, share: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one map
  for (let n: u32 = 0; n < maps; n++, x += plane, share += plane) {
    let sum: f64 = 0;
    for (let p: usize = 0; p < plane; p += 4) sum += <f64>load<f32>(x + p);
    for (let p: usize = 0; p < plane; p += 4) {
      store<f32>(share + p, sum !== 0 ? <f32>(<f64>load<f32>(x + p) / sum) : 0);
    }
  }
}
