// Twin of kernels/box-sum.wgsl: sum[i, y, x] = Σ of x[i] over rows y - before .. y + after and the columns alike
//
// The rows of a window are added to one row, four columns a step; then each output adds that row's columns: R + R sums
// instead of R · R.

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
  const rows = heap.alloc(row);
  for (let plane: u32 = 0; plane < planes; plane++, x += row * height) {
    for (let y: u32 = 0; y < height; y++, sum += row) {
      const top = y - min(y, before);
      const bottom = min(y + after, height - 1);
      memory.copy(rows, x + <usize>top * row, row);
      for (let r = top + 1; r <= bottom; r++) addRow(rows, x + <usize>r * row, row);
      for (let column: u32 = 0; column < width; column++) {
        const last = min(column + after, width - 1);
        let total: f32 = 0;
        for (let c = column - min(column, before); c <= last; c++) {
          total += load<f32>(rows + ((<usize>c) << 2));
        }
        store<f32>(sum + ((<usize>column) << 2), total);
      }
    }
  }
  heap.free(rows);
}

function addRow(rows: usize, x: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(rows + i, f32x4.add(v128.load(rows + i), v128.load(x + i)));
  for (; i < bytes; i += 4) store<f32>(rows + i, load<f32>(rows + i) + load<f32>(x + i));
}
