// The sampling grid of mutual-information.ts: finds the counter of each sample of one channel, eight rows at
// a time.
//
// A sample is r = (q[y0]·(Dy-t) + q[y1]·t + 2^s - 1) >> s, then v = r[x0]·(Dx-t) + r[x1]·t. The layer is
// copied with its edge repeated on all sides, so clamping needs no branch. Columns of equal x0 form a run, in
// which v grows by a constant: one add per four samples. A cell is one run times the rows of a band. A cell
// whose four corners lie in bin 0 is skipped, and joint-histogram.ts restores bin 0 from the grey counts.
// Samples come cell by cell, in the order of arrange-gray.ts.

export const BAND: u32 = 8;

let height: u32 = 0;
let width: u32 = 0;
let sampleHeight: u32 = 0;
let sampleWidth: u32 = 0;
let originY: i32 = 0;
let stepY: i32 = 0;
let denominatorY: i32 = 0;
let originX: i32 = 0;
let stepX: i32 = 0;
let denominatorX: i32 = 0;
let shift: i32 = 0; // floor(log2 Dx)
let bin0: i32 = 0; // where all corners have q ≤ bin0, all samples are in bin 0

let vectors: u32 = 0; // of four columns, in a row of width + 2
let rowBytes: usize = 0;
let runsBytes: usize = 0; // of four runs each, in a row of width + 1
let scratch: usize = 0;
let layer: usize = 0; // i32 [height + 2][rowBytes / 4]
let runLength: usize = 0; // u32, samples of run j, whose x0 is j - 1
let runStart: usize = 0; // i32, t of the run's first sample
let peak: usize = 0; // i32, largest q among the corners of run j's cells in the band
let base: usize = 0; // i32 [BAND][runsBytes / 4], v of the run's first sample
let slope: usize = 0; // the same layout: growth of v per sample
let plane: usize = 0; // u16 [samples], made by arrange-gray.ts
let indices: usize = 0; // u16 [BAND * sampleWidth], offset of each sample's counter

/** log2 of the unit of offsets: bytes where these fit into 16 bits, else counters. */
export function offsetScale(bins: u32, packed: u32): i32 {
  return bins === 256 ? 0 : packed ? 1 : 2;
}

export function prepareScanlines(
  layerHeight: u32,
  layerWidth: u32,
  gridHeight: u32,
  gridWidth: u32,
  y0: i32,
  dy: u32,
  Dy: u32,
  x0: i32,
  dx: u32,
  Dx: u32,
  zero: i32,
): void {
  height = layerHeight;
  width = layerWidth;
  sampleHeight = gridHeight;
  sampleWidth = gridWidth;
  originY = y0;
  stepY = dy;
  denominatorY = Dy;
  originX = x0;
  stepX = dx;
  denominatorX = Dx;
  shift = 31 - clz(denominatorX);
  bin0 = zero;
  vectors = (width + 5) >> 2;
  rowBytes = (<usize>vectors) << 4;
  const layerBytes = (<usize>height + 2) * rowBytes + 16; // the last vector's neighbour is loaded too
  runsBytes = (<usize>((width + 4) >> 2)) << 4;
  const bandBytes = <usize>BAND * runsBytes;
  const indexBytes = (((<usize>(BAND * sampleWidth)) << 1) + 47) & ~15; // stores run over by up to 30 bytes
  scratch = heap.alloc(layerBytes + 3 * rowBytes + 2 * bandBytes + indexBytes);
  layer = scratch;
  runLength = layer + layerBytes;
  runStart = runLength + rowBytes;
  peak = runStart + rowBytes;
  base = peak + rowBytes;
  slope = base + bandBytes;
  indices = slope + bandBytes;

  memory.fill(layer, 0, layerBytes);
  memory.fill(runLength, 0, 2 * rowBytes);
  let x: u32 = 0;
  for (let j: u32 = 0; j <= width; j++) {
    const first = x;
    const end = <i32>j * denominatorX; // of the run, in units of 1/Dx columns from column 0
    while (x < sampleWidth && (j === width || originX + <i32>x * stepX < end)) x++;
    store<u32>(runLength + (j << 2), x - first);
    store<i32>(runStart + (j << 2), originX + <i32>first * stepX - end + denominatorX);
  }
}

export function releaseScanlines(): void {
  heap.free(scratch);
}

/** Sets the samples of an arranged image. Returns the number of bands. */
export function beginImage(arranged: usize): u32 {
  plane = arranged;
  return (sampleHeight + BAND - 1) / BAND;
}

/**
 * Copies one channel, with its edge repeated on all sides. Rows are short, so a call to copy one would cost
 * more than the copy.
 */
export function prepareLayer(q: usize): void {
  const bytes = (<usize>width) << 2;
  for (let y: u32 = 0; y < height + 2; y++) {
    const from = q + <usize>(min(max(y, 1), height) - 1) * bytes;
    const to = layer + <usize>y * rowBytes + 4;
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
    for (; i < bytes; i += 4) store<i32>(to + i, load<i32>(from + i));
    store<i32>(to - 4, load<i32>(from));
    store<i32>(to + bytes, load<i32>(from + bytes - 4));
  }
}

/** Computes peak of every run, and base and slope where one of four runs has a peak above bin0. */
function interpolateRows(top: u32, rows: u32): void {
  const Dx = i32x4.splat(denominatorX);
  const Dy = i32x4.splat(denominatorY);
  const step = i32x4.splat(stepX);
  const ceiling = i32x4.splat((1 << shift) - 1);
  const highest = i32x4.splat(bin0);
  const s = shift;
  const bytes = rowBytes;
  const nextRow = runsBytes;
  let position = originY + <i32>top * stepY + denominatorY; // from the repeated row: never negative
  const lastRow = (position + <i32>(rows - 1) * stepY) / denominatorY + 1;
  for (let j: usize = 0; j < nextRow; j += 16) {
    let most = i32x4.splat(i32.MIN_VALUE);
    for (let y = position / denominatorY; y <= lastRow; y++) {
      const q = layer + <usize>y * bytes + j;
      most = i32x4.max_s(most, i32x4.max_s(v128.load(q), v128.load(q, 4)));
    }
    v128.store(peak + j, most);
  }
  // For rows between the same two rows of the layer, r before the shift grows by a constant.
  for (let row: u32 = 0; row < rows; ) {
    const y = position / denominatorY;
    const t = position - y * denominatorY;
    const count = min(rows - row, <u32>(denominatorY - t + stepY - 1) / stepY);
    const above = layer + <usize>y * bytes;
    for (let j: usize = 0; j < nextRow; j += 16) {
      if (!v128.any_true(i32x4.gt_s(v128.load(peak + j), highest))) continue;
      const q = v128.load(above + j);
      const q1 = v128.load(above + j, 4);
      const fall = i32x4.sub(v128.load(above + j + bytes), q);
      const fall1 = i32x4.sub(v128.load(above + j + bytes, 4), q1);
      let left = i32x4.add(i32x4.add(i32x4.mul(q, Dy), ceiling), i32x4.mul(fall, i32x4.splat(t)));
      let right = i32x4.add(i32x4.add(i32x4.mul(q1, Dy), ceiling), i32x4.mul(fall1, i32x4.splat(t)));
      const more = i32x4.mul(fall, i32x4.splat(stepY));
      const more1 = i32x4.mul(fall1, i32x4.splat(stepY));
      const start = v128.load(runStart + j);
      let to = base + <usize>row * nextRow + j;
      for (let i: u32 = 0; i < count; i++, to += nextRow) {
        const r = i32x4.shr_s(left, s);
        const rise = i32x4.sub(i32x4.shr_s(right, s), r);
        v128.store(to, i32x4.add(i32x4.mul(r, Dx), i32x4.mul(rise, start)));
        v128.store(to + <usize>BAND * nextRow, i32x4.mul(rise, step)); // slope lies after base
        left = i32x4.add(left, more);
        right = i32x4.add(right, more1);
      }
    }
    row += count;
    position += <i32>count * stepY;
  }
}

/** Map bins of eight samples, as offsets within a row of the histogram. */
function offsets<B, C>(v: v128, w: v128): v128 {
  const binShift = 25 - <i32>ctz(sizeof<B>());
  const scale = sizeof<B>() === 8 ? 0 : sizeof<C>() === 2 ? 1 : 2; // as in offsetScale
  const bins = i16x8.narrow_i32x4_u(i32x4.shr_s(v, binShift), i32x4.shr_s(w, binShift));
  return i16x8.shl(i16x8.min_u(bins, i16x8.splat(<i16>(((<i32>sizeof<B>()) << 5) - 1))), scale);
}

/**
 * Writes the counter offsets of one band without its bin-0 cells, from `bandIndices()` on. Returns their end.
 */
export function indexBand<B, C>(band: u32): usize {
  const top = band * BAND;
  const rows = min(BAND, sampleHeight - top);
  interpolateRows(top, rows);
  const lanes = i32x4(0, 1, 2, 3);
  const bytes = runsBytes;
  let from = plane + ((<usize>(top * sampleWidth)) << 1);
  let to = indices;
  for (let j: usize = 0; j <= (<usize>width) << 2; j += 4) {
    const run = (<usize>load<u32>(runLength + j)) << 1; // bytes of indices
    if (load<i32>(peak + j) <= bin0) {
      from += run * <usize>rows;
      continue;
    }
    let p = base + j;
    for (let row: u32 = 0; row < rows; row++, p += bytes) {
      const rise = v128.load_splat<i32>(p + <usize>BAND * bytes); // slope lies after base
      const rise8 = i32x4.shl(rise, 3);
      let v = i32x4.add(v128.load_splat<i32>(p), i32x4.mul(rise, lanes));
      let w = i32x4.add(v, i32x4.shl(rise, 2));
      let i: usize = 0;
      while (true) {
        v128.store(to + i, i16x8.add(v128.load(from + i), offsets<B, C>(v, w)));
        if (i + 16 >= run) break;
        v = i32x4.add(v, rise8);
        w = i32x4.add(w, rise8);
        v128.store(to + i, i16x8.add(v128.load(from + i, 16), offsets<B, C>(v, w)), 16);
        i += 32;
        if (i >= run) break;
        v = i32x4.add(v, rise8);
        w = i32x4.add(w, rise8);
      }
      from += run;
      to += run;
    }
  }
  return to;
}

export function bandIndices(): usize {
  return indices;
}
