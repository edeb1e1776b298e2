// Twin of kernels/upsampled-range.wgsl: range[n, k] = min and max over Y, X of x[n, k] resized to H × W
//
// The same 2 h × 2 w samples, at the ends of runs of equal source cells; where columns fall is worked out once. Each row of
// the layer is stretched to 2 w values once; what remains is blending two such rows, four values a step.

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

// For each of 2 · size samples: byte offsets of its two sources, `bytes` apart, fraction between them.
function tabulate(list: usize, size: u32, outSize: u32, unit: f32, bytes: u32): void {
  for (let e: u32 = 0; e < 2 * size; e++, list += 12) {
    const u = source(end(e, size, outSize), size, outSize);
    const first = u / (2 * outSize);
    store<u32>(list, first * bytes);
    store<u32>(list, min(first + 1, size - 1) * bytes, 4);
    store<f32>(list, <f32>(u % (2 * outSize)) * unit, 8);
  }
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
  const rows = heap.alloc(<usize>(height + width) * 24);
  const columns = rows + <usize>height * 24;
  tabulate(rows, height, outHeight, unitY, width << 3);
  tabulate(columns, width, outWidth, unitX, 4);
  const row = (<usize>width) << 3; // bytes in one row of 2 w values
  const stretched = heap.alloc(row * height + 16);
  for (let plane: u32 = 0; plane < planes; plane++, range += 8) {
    let to = stretched;
    for (let y: u32 = 0; y < height; y++, x += row >> 1) {
      for (let at = columns; at < columns + <usize>width * 24; at += 12, to += 4) {
        const left = load<f32>(x + load<u32>(at));
        store<f32>(to, left + load<f32>(at, 8) * (load<f32>(x + load<u32>(at, 4)) - left));
      }
    }
    let low = f32x4.splat(Infinity);
    let high = f32x4.splat(-Infinity);
    for (let at = rows; at < columns; at += 12) {
      const above = stretched + load<u32>(at);
      const below = stretched + load<u32>(at, 4);
      const t = f32x4.splat(load<f32>(at, 8));
      let i: usize = 0;
      for (; i + 16 <= row; i += 16) {
        const value = blend(v128.load(above + i), v128.load(below + i), t);
        low = f32x4.min(low, value);
        high = f32x4.max(high, value);
      }
      if (i < row) {
        const value = blend(v128.load64_splat(above + i), v128.load64_splat(below + i), t);
        low = f32x4.min(low, value);
        high = f32x4.max(high, value);
      }
    }
    low = f32x4.min(low, v128.shuffle<f32>(low, low, 2, 3, 0, 1));
    high = f32x4.max(high, v128.shuffle<f32>(high, high, 2, 3, 0, 1));
    store<f32>(range, min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)));
    store<f32>(range, max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)), 4);
  }
  heap.free(stretched);
  heap.free(rows);
}

function blend(above: v128, below: v128, t: v128): v128 {
  return f32x4.add(above, f32x4.mul(t, f32x4.sub(below, above)));
}
