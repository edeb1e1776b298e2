// Twin of kernels/upsampled-range.wgsl: range[n, k] = min and max over Y, X of x[n, k] resized to H × W
//
// The same 2 h × 2 w samples, at the ends of runs of equal source cells; where columns fall is worked out once.

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
function source(i: u32, size: u32, outSize: u32): u32 {
  return <u32>max(<i32>((2 * i + 1) * size) - <i32>outSize, 0);
}

// The first output sample of cell e / 2 for even e, the last for odd e.
function end(e: u32, size: u32, outSize: u32): u32 {
  const cell = (e + 1) / 2;
  const first = cell === 0 ? 0 : (2 * cell * outSize + outSize - size + 2 * size - 1) / (2 * size);
  return min(first - min(first, e % 2), outSize - 1);
}

export function upsampledRange(
  planes: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32,
  unitX: f32,
  x: usize,
  range: usize,
): void {
  const columns = heap.alloc(<usize>width * 24); // [2 width] offsets of left and right source, fraction between
  for (let e: u32 = 0; e < 2 * width; e++) {
    const u = source(end(e, width, outWidth), width, outWidth);
    const x0 = u / (2 * outWidth);
    const at = columns + <usize>e * 12;
    store<u32>(at, x0 << 2);
    store<u32>(at, min(x0 + 1, width - 1) << 2, 4);
    store<f32>(at, <f32>(u % (2 * outWidth)) * unitX, 8);
  }
  const row = (<usize>width) << 2; // bytes in one row
  for (let plane: u32 = 0; plane < planes; plane++, range += 8) {
    const map = x + <usize>plane * row * height;
    let low: f32 = Infinity;
    let high: f32 = -Infinity;
    for (let e: u32 = 0; e < 2 * height; e++) {
      const v = source(end(e, height, outHeight), height, outHeight);
      const y0 = v / (2 * outHeight);
      const ty = <f32>(v % (2 * outHeight)) * unitY;
      const top = map + <usize>y0 * row;
      const bottom = map + <usize>min(y0 + 1, height - 1) * row;
      for (let at = columns; at < columns + <usize>width * 24; at += 12) {
        const left = load<u32>(at);
        const right = load<u32>(at, 4);
        const tx = load<f32>(at, 8);
        const above = load<f32>(top + left) + tx * (load<f32>(top + right) - load<f32>(top + left));
        const below = load<f32>(bottom + left) + tx * (load<f32>(bottom + right) - load<f32>(bottom + left));
        const value = above + ty * (below - above);
        low = min(low, value);
        high = max(high, value);
      }
    }
    store<f32>(range, low);
    store<f32>(range, high, 4);
  }
  heap.free(columns);
}
