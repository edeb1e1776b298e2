// Twin of kernels/gray-histogram.wgsl: counts[n, b] = #{ p : gray[n, p] >> shift = b }
//
// Neighbours often share a counter, and then a load would wait for the store before it. So four consecutive
// pixels are counted in four histograms, which are added at the end.

const COUNTS: usize = memory.data(4096, 16); // four times 256 counters; clear between images

export function grayHistogram(
  batch: u32,
  pixels: u32,
  bins: u32,
  shift: u32,
  gray: usize,
  counts: usize,
): void {
  for (let n: u32 = 0; n < batch; n++) {
    let p: u32 = 0;
    for (; p + 4 <= pixels; p += 4, gray += 16) {
      count(load<u32>(gray), shift, 0);
      count(load<u32>(gray, 4), shift, 1024);
      count(load<u32>(gray, 8), shift, 2048);
      count(load<u32>(gray, 12), shift, 3072);
    }
    for (; p < pixels; p++, gray += 4) count(load<u32>(gray), shift, 0);
    for (let b: usize = 0; b < bins; b++, counts += 4) {
      const c = COUNTS + (b << 2);
      store<u32>(counts, load<u32>(c) + load<u32>(c, 1024) + load<u32>(c, 2048) + load<u32>(c, 3072));
    }
    memory.fill(COUNTS, 0, 4096);
  }
}

function count(level: u32, shift: u32, histogram: usize): void {
  const counter = (<usize>(level & 255) >> shift) << 2;
  store<u32>(counter + histogram, load<u32>(counter + histogram, COUNTS) + 1, COUNTS);
}
