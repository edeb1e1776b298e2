// Twin of kernels/scale-channels.wgsl: scaled[n, k, p] = weights[n, k] · x[n, k, p]
//
// Four positions per step, the last positions % 4 of each channel one at a time.

export function scaleChannels(count: u32, positions: u32, x: usize, weights: usize, scaled: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  const end = x + ((<usize>count) << 2);
  for (; x < end; x += plane, scaled += plane, weights += 4) {
    const weight = load<f32>(weights);
    const weight4 = f32x4.splat(weight);
    let p: usize = 0;
    for (; p + 16 <= plane; p += 16) v128.store(scaled + p, f32x4.mul(weight4, v128.load(x + p)));
    for (; p < plane; p += 4) store<f32>(scaled + p, weight * load<f32>(x + p));
  }
}
