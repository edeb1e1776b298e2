// Twin of kernels/box-sum.wgsl: sum[i, y, x] = Σ of x[i] over rows y - before .. y + after and the columns alike
//
// The rows of a window are added to one row, four columns a step, between zeros for the columns off the map; then each
// output adds that row's columns, four outputs a step: R + R sums instead of R · R.

export function boxSum(
  planes: u32,
  height: u32,
  width: u32,
  before: u32,
  after: u32,
  x: usize,
  sum: usize,
): void {
  const row = (<usize>width) << 2; // bytes in one row
  const left = (<usize>min(before, width - 1)) << 2; // a window holds no column twice, however wide
  const window = left + ((<usize>min(after, width - 1)) << 2);
  const padded = heap.alloc(row + window);
  memory.fill(padded, 0, row + window);
  for (let plane: u32 = 0; plane < planes; plane++, x += row * height) {
    for (let y: u32 = 0; y < height; y++, sum += row) {
      const top = y - min(y, before);
      const bottom = min(y + after, height - 1);
      add(x + <usize>top * row, <usize>(bottom - top) * row, row, padded + left, row);
      add(padded, window, 4, sum, row);
    }
  }
  heap.free(padded);
}

/** Writes a row of sums over x[i + j], j = 0, step, 2 · step .. reach, in bytes. */
function add(x: usize, reach: usize, step: usize, sums: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    let sum = v128.load(x + i);
    for (let at = x + i + step; at <= x + i + reach; at += step) sum = f32x4.add(sum, v128.load(at));
    v128.store(sums + i, sum);
  }
  for (; i < bytes; i += 4) {
    let sum = load<f32>(x + i);
    for (let at = x + i + step; at <= x + i + reach; at += step) sum += load<f32>(at);
    store<f32>(sums + i, sum);
  }
}
