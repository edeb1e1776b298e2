// Twin of kernels/gray-histogram.wgsl: counts[n, b] = #{ p : gray[n, p] >> shift = b }

export function grayHistogram(
  batch: u32,
  pixels: u32,
  bins: u32,
  shift: u32,
  gray: usize,
  counts: usize,
): void {
  memory.fill(counts, 0, (<usize>(batch * bins)) << 2);
  for (let n: u32 = 0; n < batch; n++, counts += (<usize>bins) << 2) {
    for (let p: u32 = 0; p < pixels; p++, gray += 4) {
      const counter = counts + ((<usize>((load<u32>(gray) & 255) >> shift)) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
  }
}
