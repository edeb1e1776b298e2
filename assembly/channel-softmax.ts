// Twin of kernels/channel-softmax.wgsl: share[n, k, p] = exp(x[n, k, p]) / Σ_j exp(x[n, j, p])
//
// Channel by channel, so that `x` is read in order, with the largest values and the sums of one image in rows of their own.

export function channelSoftmax(batch: u32, channels: u32, positions: u32, x: usize, share: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  const image = plane * channels;
  const largest = heap.alloc(plane);
  const sums = heap.alloc(plane);
  for (let n: u32 = 0; n < batch; n++, x += image, share += image) {
    memory.copy(largest, x, plane);
    for (let at = x; at < x + image; at += plane) {
      for (let p: usize = 0; p < plane; p += 4) {
        store<f32>(largest + p, max<f32>(load<f32>(largest + p), load<f32>(at + p)));
      }
    }
    memory.fill(sums, 0, plane);
    for (let at: usize = 0; at < image; at += plane) {
      for (let p: usize = 0; p < plane; p += 4) {
        const value = Mathf.exp(load<f32>(x + at + p) - load<f32>(largest + p));
        store<f32>(share + at + p, value);
        store<f32>(sums + p, load<f32>(sums + p) + value);
      }
    }
    for (let at: usize = 0; at < image; at += plane) {
      for (let p: usize = 0; p < plane; p += 4) {
        store<f32>(share + at + p, load<f32>(share + at + p) / load<f32>(sums + p));
      }
    }
  }
  heap.free(sums);
  heap.free(largest);
}
