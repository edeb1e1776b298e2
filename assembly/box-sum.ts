// Twin of kernels/box-sum.wgsl: sum[i, y, x] = Σ of x[i]
// over rows y - before .. y + after and columns x - before .. x + after
//
// First the rows of a window are added to one row, padded with zeros for columns outside the map. Then each
// output adds columns of that row: R + R additions instead of R · R. A step is two vectors of four. The last
// vectors of a row overlap earlier ones, so only rows of fewer than four values need single values.

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
  const left = (<usize>min(before, width - 1)) << 2; // no window holds a column twice
  const window = left + ((<usize>min(after, width - 1)) << 2);
  const padded = heap.alloc(row + window);
  memory.fill(padded, 0, row + window);
  for (let plane: u32 = 0; plane < planes; plane++, x += row * height) {
    for (let y: u32 = 0; y < height; y++, sum += row) {
      const first = x + <usize>(y - min(y, before)) * row;
      const last = x + <usize>min(y + after, height - 1) * row;
      if (width < 4) {
        addSingly(first, last - first, row, padded + left, row);
        addSingly(padded, window, 4, sum, row);
      } else {
        addRows(first, last, row, padded + left);
        addColumns(padded, window, sum, row);
      }
    }
  }
  heap.free(padded);
}

/** Writes a row of sums over x[i + j], j = 0, step, 2 · step .. reach, in bytes. */
function addSingly(x: usize, reach: usize, step: usize, sums: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 4) {
    let sum = load<f32>(x + i);
    for (let at = x + i + step; at <= x + i + reach; at += step) sum += load<f32>(at);
    store<f32>(sums + i, sum);
  }
}

// The next two are `addSingly` in vectors. Each is called only once, so the compiler inlines both: as one
// function, rows of 14 take a fifth longer.

function addRows(first: usize, last: usize, row: usize, sums: usize): void {
  for (let i: usize = 0; i < row; i += 32) {
    const a = min(i, row - 16);
    const b = min(i + 16, row - 16);
    let sumA = v128.load(first + a);
    let sumB = v128.load(first + b);
    for (let at = first + row; at <= last; at += row) {
      sumA = f32x4.add(sumA, v128.load(at + a));
      sumB = f32x4.add(sumB, v128.load(at + b));
    }
    v128.store(sums + a, sumA);
    v128.store(sums + b, sumB);
  }
}

function addColumns(x: usize, reach: usize, sums: usize, row: usize): void {
  for (let i: usize = 0; i < row; i += 32) {
    const a = min(i, row - 16);
    const b = min(i + 16, row - 16);
    let sumA = v128.load(x + a);
    let sumB = v128.load(x + b);
    for (let at = x + 4; at <= x + reach; at += 4) {
      sumA = f32x4.add(sumA, v128.load(at + a));
      sumB = f32x4.add(sumB, v128.load(at + b));
    }
    v128.store(sums + a, sumA);
    v128.store(sums + b, sumB);
  }
}
