// Twin of kernels/channel-sum.wgsl: map[n, p] = Σ_k x[n, k, p]
//
// Channel by channel, four positions per step, so `x` is read once and in order while the `map` plane stays
// in cache. Positions % 4 left over run the same sum one float at a time.

export function channelSum(batch: u32, channels: u32, positions: u32, x: usize, map: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < batch; n++, map += plane) {
    memory.fill(map, 0, plane);
    for (let k: u32 = 0; k < channels; k++, x += plane) {
      let p: usize = 0;
      for (; p + 16 <= plane; p += 16) {
        v128.store(map + p, f32x4.add(v128.load(map + p), v128.load(x + p)));
      }
      for (; p < plane; p += 4) {
        store<f32>(map + p, load<f32>(map + p) + load<f32>(x + p));
      }
    }
  }
}
