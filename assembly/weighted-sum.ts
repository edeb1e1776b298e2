// Twin of kernels/weighted-sum.wgsl: map[n, p] = Σ_k weights[n, k] · activations[n, k, p]
//
// Channel by channel, four positions per step, so `activations` is read once and in order while the
// `map` plane stays in cache. Positions % 4 left over run the same sum one float at a time.

export function weightedSum(
  batch: u32,
  channels: u32,
  positions: u32,
  activations: usize,
  weights: usize,
  map: usize,
): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < batch; n++, map += plane) {
    memory.fill(map, 0, plane);
    for (let k: u32 = 0; k < channels; k++, activations += plane, weights += 4) {
      const weight = load<f32>(weights);
      const weight4 = f32x4.splat(weight);
      let p: usize = 0;
      for (; p + 16 <= plane; p += 16) {
        const a4 = v128.load(activations + p);
        v128.store(map + p, f32x4.add(v128.load(map + p), f32x4.mul(weight4, a4)));
      }
      for (; p < plane; p += 4) {
        store<f32>(map + p, load<f32>(map + p) + weight * load<f32>(activations + p));
      }
    }
  }
}
