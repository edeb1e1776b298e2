// Twin of kernels/upsampled-range.wgsl: range[n, k] = min and max over Y, X of x[n, k] resized to H × W
//
// The shader's 2 h × 2 w samples, at the ends of runs of equal source cells; their positions are computed
// once. A step is four planes, side by side in a vector: no row ends within a vector, and the two ends of a
// run share their sources.

// Bytes of one run: offsets of two sources (u32), fractions of the first and the last sample between them
// (f32).
const RUN: usize = 16;

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
function source(i: u32, size: u32, outSize: u32): u32 {
  return <u32>max(<i32>((2 * i + 1) * size) - <i32>outSize, 0);
}

// The first output sample at or after `cell`; may be after the last sample.
function firstOf(cell: u32, size: u32, outSize: u32): u32 {
  return cell === 0 ? 0 : (2 * cell * outSize + outSize - size + 2 * size - 1) / (2 * size);
}

// The runs of all cells; sources are `bytes` apart. A cell without samples gets a sample of another cell.
function tabulate(list: usize, size: u32, outSize: u32, unit: f32, bytes: u32): void {
  for (let cell: u32 = 0; cell < size; cell++, list += RUN) {
    const first = min(firstOf(cell, size, outSize), outSize - 1);
    const next = max(min(firstOf(cell + 1, size, outSize), outSize), first + 1);
    const u = source(first, size, outSize);
    const i = u / (2 * outSize);
    store<u32>(list, i * bytes);
    store<u32>(list, min(i + 1, size - 1) * bytes, 4);
    store<f32>(list, <f32>(u % (2 * outSize)) * unit, 8);
    store<f32>(list, <f32>(source(next - 1, size, outSize) % (2 * outSize)) * unit, 12);
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
  const row = (<usize>width) << 4; // bytes in one row of four planes
  const plane = (<usize>(height * width)) << 2;
  const rows = heap.alloc(<usize>(height + width) * RUN + 3 * row * height);
  const columns = rows + <usize>height * RUN;
  const four = columns + <usize>width * RUN; // [height, width, 4]
  const stretched = four + row * height; // [height, 2 width, 4]
  tabulate(rows, height, outHeight, unitY, width << 5);
  tabulate(columns, width, outWidth, unitX, 16);
  for (let n: usize = 0; n < planes; n += 4) {
    // If the last step has fewer than four planes, the last one is repeated.
    const n1 = min(n + 1, <usize>planes - 1);
    const n2 = min(n + 2, <usize>planes - 1);
    const n3 = min(n + 3, <usize>planes - 1);
    interleave(x + n * plane, x + n1 * plane, x + n2 * plane, x + n3 * plane, plane, four);
    for (let y: usize = 0; y < height; y++) stretch(four + y * row, columns, four, stretched + 2 * y * row);
    extremes(stretched, rows, columns, 2 * row);
    const left = v128.shuffle<f32>(low, high, 0, 4, 1, 5);
    const right = v128.shuffle<f32>(low, high, 2, 6, 3, 7);
    v128.store64_lane(range + (n << 3), left, 0);
    v128.store64_lane(range + (n1 << 3), left, 1);
    v128.store64_lane(range + (n2 << 3), right, 0);
    v128.store64_lane(range + (n3 << 3), right, 1);
  }
  heap.free(rows);
}

function interleave(a: usize, b: usize, c: usize, d: usize, plane: usize, four: usize): void {
  let p: usize = 0;
  for (; p + 16 <= plane; p += 16, four += 64) {
    const a4 = v128.load(a + p);
    const b4 = v128.load(b + p);
    const c4 = v128.load(c + p);
    const d4 = v128.load(d + p);
    const ab = v128.shuffle<f32>(a4, b4, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c4, d4, 0, 4, 1, 5);
    v128.store(four, v128.shuffle<f64>(ab, cd, 0, 2));
    v128.store(four, v128.shuffle<f64>(ab, cd, 1, 3), 16);
    const ab2 = v128.shuffle<f32>(a4, b4, 2, 6, 3, 7);
    const cd2 = v128.shuffle<f32>(c4, d4, 2, 6, 3, 7);
    v128.store(four, v128.shuffle<f64>(ab2, cd2, 0, 2), 32);
    v128.store(four, v128.shuffle<f64>(ab2, cd2, 1, 3), 48);
  }
  for (; p < plane; p += 4, four += 16) {
    let values = v128.load32_zero(a + p);
    values = v128.load_lane<f32>(b + p, values, 1);
    values = v128.load_lane<f32>(c + p, values, 2);
    v128.store(four, v128.load_lane<f32>(d + p, values, 3));
  }
}

/** Writes the samples of one row. */
function stretch(row: usize, list: usize, end: usize, to: usize): void {
  for (; list < end; list += RUN, to += 32) {
    const left = v128.load(row + load<u32>(list));
    const step = f32x4.sub(v128.load(row + load<u32>(list, 4)), left);
    v128.store(to, f32x4.add(left, f32x4.mul(v128.load32_splat(list, 8), step)));
    v128.store(to, f32x4.add(left, f32x4.mul(v128.load32_splat(list, 12), step)), 16);
  }
}

let low: v128 = f32x4.splat(0);
let high: v128 = f32x4.splat(0);

/** Sets `low` and `high` to the range of each of four planes. */
function extremes(stretched: usize, list: usize, end: usize, bytes: usize): void {
  let least = f32x4.splat(Infinity);
  let most = f32x4.splat(-Infinity);
  for (; list < end; list += RUN) {
    const above = stretched + load<u32>(list);
    const below = stretched + load<u32>(list, 4);
    const first = v128.load32_splat(list, 8);
    const last = v128.load32_splat(list, 12);
    for (let i: usize = 0; i < bytes; i += 16) {
      const top = v128.load(above + i);
      const step = f32x4.sub(v128.load(below + i), top);
      const one = f32x4.add(top, f32x4.mul(first, step));
      const other = f32x4.add(top, f32x4.mul(last, step));
      least = f32x4.pmin(least, f32x4.pmin(one, other));
      most = f32x4.pmax(most, f32x4.pmax(one, other));
    }
  }
  low = least;
  high = most;
}
