// Twin of kernels/score-cam-masks.wgsl:
// masked[j, c, p] = factor · input[c, p] · minmax(resize(activations[channels[j]]))[p]
//
// Row by row: a layer's rows are stretched to the input's width once per mask and stay in cache. An output
// row is one blend of two of them, times the input's row in each colour, four values per step. The cost is
// mostly writing.

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
function source(i: u32, size: u32, outSize: u32): u32 {
  return <u32>max(<i32>((2 * i + 1) * size) - <i32>outSize, 0);
}

// For each output column: the fraction between its two source columns. For each run of columns between the
// same two: its end, and the offsets of both, in bytes. Returns the end of the runs.
function tabulate(fractions: usize, runs: usize, width: u32, outWidth: u32, unitX: f32): usize {
  let end = runs;
  for (let X: u32 = 0; X < outWidth; X++) {
    const u = source(X, width, outWidth);
    const x0 = u / (2 * outWidth);
    store<f32>(fractions + (X << 2), <f32>(u % (2 * outWidth)) * unitX);
    if (X === 0 || load<u32>(end - 8) !== x0 << 2) end += 12;
    store<u32>(end - 12, (X + 1) << 2);
    store<u32>(end - 8, x0 << 2);
    store<u32>(end - 4, min(x0 + 1, width - 1) << 2);
  }
  return end;
}

// All rows of one channel at the output's width, less `low`, times `scale`. A run's last step may write past
// its end: the next run, or the next row, overwrites that.
function stretch(
  x: usize,
  row: usize,
  rows: u32,
  low: f32,
  scale: f32,
  fractions: usize,
  runs: usize,
  runsEnd: usize,
  out: usize,
): void {
  for (let r: u32 = 0; r < rows; r++, x += row) {
    let i: usize = 0;
    for (let run = runs; run < runsEnd; run += 12) {
      const left = (load<f32>(x + load<u32>(run, 4)) - low) * scale;
      const right = (load<f32>(x + load<u32>(run, 8)) - low) * scale;
      const left4 = f32x4.splat(left);
      const step4 = f32x4.splat(right - left);
      const end = <usize>load<u32>(run);
      for (; i < end; i += 16) {
        v128.store(out + i, f32x4.add(left4, f32x4.mul(v128.load(fractions + i), step4)));
      }
      i = end;
    }
    out += i;
  }
}

export function scoreCamMasks(
  masks: u32,
  colours: u32,
  layerChannels: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32,
  unitX: f32,
  image: u32,
  factor: f32,
  input: usize,
  activations: usize,
  ranges: usize,
  channels: usize,
  masked: usize,
): void {
  const row = (<usize>outWidth) << 2;
  const plane = row * outHeight;
  const masking = plane * colours; // bytes in one masked image
  const layer = (<usize>height * width) << 2;
  const colour = input + <usize>image * colours * plane;
  const rows = heap.alloc(row * height + 16);
  const fractions = heap.alloc(row + 16);
  const runs = heap.alloc(row * 3);
  const runsEnd = tabulate(fractions, runs, width, outWidth, unitX);
  const mask = heap.alloc(row);
  for (let j: u32 = 0; j < masks; j++) {
    const channel = <usize>image * layerChannels + load<u32>(channels + (j << 2));
    const low = load<f32>(ranges + (channel << 3));
    const span = load<f32>(ranges + (channel << 3), 4) - low;
    const out = masked + <usize>j * masking;
    if (!(span >= f32.MIN_NORMAL_VALUE)) {
      memory.fill(out, 0, masking);
      continue;
    }
    const scale = factor / span;
    const map = activations + channel * layer;
    stretch(map, (<usize>width) << 2, height, low, scale, fractions, runs, runsEnd, rows);
    for (let Y: u32 = 0; Y < outHeight; Y++) {
      const v = source(Y, height, outHeight);
      const y0 = v / (2 * outHeight);
      const above = rows + <usize>y0 * row;
      const below = rows + <usize>min(y0 + 1, height - 1) * row;
      const ty = <f32>(v % (2 * outHeight)) * unitY;
      const at = <usize>Y * row;
      if (colours === 3) {
        maskThree(above, below, ty, factor, colour + at, out + at, plane, row);
        continue;
      }
      blend(above, below, ty, factor, mask, row);
      for (let c: usize = 0; c < masking; c += plane) multiply(colour + c + at, mask, out + c + at, row);
    }
  }
  heap.free(mask);
  heap.free(runs);
  heap.free(fractions);
  heap.free(rows);
}

// The row of a mask, clamped to 0 .. most, times the rows of three colours: the mask stays in its register.
function maskThree(
  above: usize,
  below: usize,
  t: f32,
  most: f32,
  x: usize,
  out: usize,
  plane: usize,
  bytes: usize,
): void {
  const t4 = f32x4.splat(t);
  const zero = f32x4.splat(0);
  const most4 = f32x4.splat(most);
  const x1 = x + plane;
  const x2 = x1 + plane;
  const out1 = out + plane;
  const out2 = out1 + plane;
  let i: usize = 0;
  for (; i + 32 <= bytes; i += 32) {
    const a4 = v128.load(above + i);
    const b4 = v128.load(above + i, 16);
    const value4 = f32x4.add(a4, f32x4.mul(t4, f32x4.sub(v128.load(below + i), a4)));
    const next4 = f32x4.add(b4, f32x4.mul(t4, f32x4.sub(v128.load(below + i, 16), b4)));
    const mask4 = f32x4.pmin(f32x4.pmax(value4, zero), most4);
    const after4 = f32x4.pmin(f32x4.pmax(next4, zero), most4);
    v128.store(out + i, f32x4.mul(mask4, v128.load(x + i)));
    v128.store(out + i, f32x4.mul(after4, v128.load(x + i, 16)), 16);
    v128.store(out1 + i, f32x4.mul(mask4, v128.load(x1 + i)));
    v128.store(out1 + i, f32x4.mul(after4, v128.load(x1 + i, 16)), 16);
    v128.store(out2 + i, f32x4.mul(mask4, v128.load(x2 + i)));
    v128.store(out2 + i, f32x4.mul(after4, v128.load(x2 + i, 16)), 16);
  }
  for (; i < bytes; i += 4) {
    const a = load<f32>(above + i);
    const mask = min(max<f32>(a + t * (load<f32>(below + i) - a), 0), most);
    store<f32>(out + i, mask * load<f32>(x + i));
    store<f32>(out1 + i, mask * load<f32>(x1 + i));
    store<f32>(out2 + i, mask * load<f32>(x2 + i));
  }
}

// mask = above + t · (below - above), clamped to 0 .. most.
function blend(above: usize, below: usize, t: f32, most: f32, mask: usize, bytes: usize): void {
  const t4 = f32x4.splat(t);
  const zero = f32x4.splat(0);
  const most4 = f32x4.splat(most);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const a4 = v128.load(above + i);
    const value4 = f32x4.add(a4, f32x4.mul(t4, f32x4.sub(v128.load(below + i), a4)));
    v128.store(mask + i, f32x4.pmin(f32x4.pmax(value4, zero), most4));
  }
  for (; i < bytes; i += 4) {
    const a = load<f32>(above + i);
    store<f32>(mask + i, min(max<f32>(a + t * (load<f32>(below + i) - a), 0), most));
  }
}

function multiply(x: usize, mask: usize, out: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(out + i, f32x4.mul(v128.load(mask + i), v128.load(x + i)));
  }
  for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(mask + i) * load<f32>(x + i));
}
