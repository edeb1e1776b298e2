// Twin of kernels/resize-bilinear.wgsl: y[n, Y, X] = x[n] at ((Y + 1/2) · h/H - 1/2, (X + 1/2) · w/W)
//
// Row by row, with the same sums as value by value. The two source rows around an output row are stretched to
// the output's width once and kept for the next rows. Then each output row is one blend of two rows, four
// floats per step.

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
function source(i: u32, size: u32, outSize: u32): u32 {
  return <u32>max(<i32>((2 * i + 1) * size) - <i32>outSize, 0);
}

// For each output column: byte offsets of its left and right source, and the fraction between them.
function tabulate(columns: usize, width: u32, outWidth: u32, unitX: f32): void {
  for (let X: u32 = 0; X < outWidth; X++, columns += 12) {
    const u = source(X, width, outWidth);
    const x0 = u / (2 * outWidth);
    store<u32>(columns, x0 << 2);
    store<u32>(columns, min(x0 + 1, width - 1) << 2, 4);
    store<f32>(columns, <f32>(u % (2 * outWidth)) * unitX, 8);
  }
}

// One source row at the output's width. Two slots, chosen by parity, each hold a row's number and the row, so
// neighbours never share a slot. Rows are numbered through the whole batch.
function stretched(row: u32, x: usize, width: u32, slots: usize, columns: usize, rowBytes: usize): usize {
  const slot = slots + <usize>(row & 1) * (4 + rowBytes);
  const out = slot + 4;
  if (load<u32>(slot) === row) return out;
  store<u32>(slot, row);
  const from = x + ((<usize>row * width) << 2);
  for (let i: usize = 0; i < rowBytes; i += 4, columns += 12) {
    const left = load<f32>(from + load<u32>(columns));
    const right = load<f32>(from + load<u32>(columns, 4));
    store<f32>(out + i, left + load<f32>(columns, 8) * (right - left));
  }
  return out;
}

export function resizeBilinear(
  batch: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32,
  unitX: f32,
  x: usize,
  y: usize,
): void {
  const rowBytes = (<usize>outWidth) << 2;
  const columns = heap.alloc(rowBytes * 3);
  tabulate(columns, width, outWidth, unitX);
  const slots = heap.alloc(2 * (4 + rowBytes));
  store<u32>(slots, -1);
  store<u32>(slots + 4 + rowBytes, -1);
  for (let first: u32 = 0; first < batch * height; first += height) {
    for (let Y: u32 = 0; Y < outHeight; Y++, y += rowBytes) {
      const v = source(Y, height, outHeight);
      const y0 = v / (2 * outHeight);
      const above = stretched(first + y0, x, width, slots, columns, rowBytes);
      const below = stretched(first + min(y0 + 1, height - 1), x, width, slots, columns, rowBytes);
      const t = <f32>(v % (2 * outHeight)) * unitY;
      const t4 = f32x4.splat(t);
      let i: usize = 0;
      for (; i + 16 <= rowBytes; i += 16) {
        const a4 = v128.load(above + i);
        v128.store(y + i, f32x4.add(a4, f32x4.mul(t4, f32x4.sub(v128.load(below + i), a4))));
      }
      for (; i < rowBytes; i += 4) {
        const a = load<f32>(above + i);
        store<f32>(y + i, a + t * (load<f32>(below + i) - a));
      }
    }
  }
  heap.free(slots);
  heap.free(columns);
}
