// The sampling grid of mutual-information.ts: which counter each sample of one channel falls on, eight rows at a time.
//
// A sample is r = (q[y0]·(Dy-t) + q[y1]·t + 2^s - 1) >> s, then v = r[x0]·(Dx-t) + r[x1]·t. The layer is copied with its edge
// repeated on all sides, so clamping needs no branch. Columns of equal x0 form a run, in which v grows by a constant: one add
// per four samples. A cell is one run by the band's rows; a cell whose four corners lie in bin 0 is left out, and
// joint-histogram.ts restores bin 0 from the grey counts. Samples go cell by cell, in the order of the grey plane made here.

const BAND: u32 = 8;

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

let vectors: u32 = 0; // of four columns, in a row of width + 2
let rowBytes: usize = 0;
let scratch: usize = 0;
let layer: usize = 0; // i32 [height + 2][rowBytes / 4]
let runLength: usize = 0; // u32, samples of run j, whose x0 is j - 1
let runStart: usize = 0; // i32, t of the run's first sample
let peak: usize = 0; // i32, largest r of the band in column j
let base: usize = 0; // i32 [BAND][rowBytes / 4], v of the run's first sample
let slope: usize = 0; // the same, growth of v per sample
let plane: usize = 0; // u16 [samples], grey bin as an offset into the histogram, in counting order
let indices: usize = 0; // u16 [BAND * sampleWidth], offset of each sample's counter

/** Offsets are bytes where 16 bits hold them, else counters. */
export function offsetScale<B, C>(): i32 {
  return sizeof<B>() === 8 ? 0 : sizeof<C>() === 2 ? 1 : 2;
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
  vectors = (width + 5) >> 2;
  rowBytes = (<usize>vectors) << 4;
  const layerBytes = (<usize>height + 2) * rowBytes + 16; // the last vector's neighbour is loaded too
  const bandBytes = <usize>BAND * rowBytes;
  const planeBytes = (((<usize>(sampleHeight * sampleWidth)) << 1) + 47) & ~15; // loads and stores run over by up to 30 bytes
  const indexBytes = (((<usize>(BAND * sampleWidth)) << 1) + 47) & ~15;
  scratch = heap.alloc(layerBytes + 3 * rowBytes + 2 * bandBytes + planeBytes + indexBytes);
  layer = scratch;
  runLength = layer + layerBytes;
  runStart = runLength + rowBytes;
  peak = runStart + rowBytes;
  base = peak + rowBytes;
  slope = base + bandBytes;
  plane = slope + bandBytes;
  indices = plane + planeBytes;

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

/** Puts the grey plane in counting order. Returns the number of bands. */
export function beginImage<B, C>(gray: usize): u32 {
  const shiftGray = 3 - <i32>ctz(sizeof<B>());
  const shiftRow = 5 + <i32>ctz(sizeof<B>()) + offsetScale<B, C>();
  let to = plane;
  for (let y: u32 = 0; y < sampleHeight; y += BAND) {
    const rows = min(BAND, sampleHeight - y);
    let left: u32 = 0;
    for (let j: u32 = 0; j <= width; j++) {
      const length = load<u32>(runLength + (j << 2));
      for (let row: u32 = 0; row < rows; row++) {
        let from = gray + ((<usize>((y + row) * sampleWidth + left)) << 2);
        for (let i: u32 = 0; i < length; i++, from += 4, to += 2) {
          store<u16>(to, <u16>(((load<u32>(from) & 255) >> shiftGray) << shiftRow));
        }
      }
      left += length;
    }
  }
  return (sampleHeight + BAND - 1) / BAND;
}

/** Copies one channel, its edge repeated on all sides. */
export function prepareLayer(q: usize): void {
  for (let y: u32 = 0; y < height + 2; y++) {
    const from = q + ((<usize>(min(max(y, 1), height) - 1) * width) << 2);
    const to = layer + <usize>y * rowBytes;
    store<i32>(to, load<i32>(from));
    memory.copy(to + 4, from, (<usize>width) << 2);
    store<i32>(to + 4 + ((<usize>width) << 2), load<i32>(from + ((<usize>(width - 1)) << 2)));
  }
}

/** Interpolates the band's rows and leaves base, slope and peak of every column. */
function interpolateRows(top: u32, rows: u32): void {
  const Dx = i32x4.splat(denominatorX);
  const Dy = i32x4.splat(denominatorY);
  const step = i32x4.splat(stepX);
  const ceiling = i32x4.splat((1 << shift) - 1);
  const s = shift;
  const bytes = rowBytes;
  for (let j: usize = 0; j < bytes; j += 16) v128.store(peak + j, i32x4.splat(i32.MIN_VALUE));
  let toBase = base;
  let toSlope = slope;
  for (let row: u32 = 0; row < rows; row++) {
    const position = originY + <i32>(top + row) * stepY + denominatorY; // from the repeated row, so never negative
    const y = position / denominatorY;
    const t = i32x4.splat(position - y * denominatorY);
    let above = layer + <usize>y * bytes;
    const q0 = v128.load(above);
    let r = i32x4.shr_s(
      i32x4.add(i32x4.add(i32x4.mul(q0, Dy), ceiling), i32x4.mul(i32x4.sub(v128.load(above + bytes), q0), t)),
      s,
    );
    for (let j: usize = 0; j < bytes; j += 16) {
      above += 16;
      const q1 = v128.load(above);
      const next = i32x4.shr_s(
        i32x4.add(
          i32x4.add(i32x4.mul(q1, Dy), ceiling),
          i32x4.mul(i32x4.sub(v128.load(above + bytes), q1), t),
        ),
        s,
      );
      const rise = i32x4.sub(v128.shuffle<i32>(r, next, 1, 2, 3, 4), r);
      v128.store(peak + j, i32x4.max_s(v128.load(peak + j), r));
      v128.store(toBase + j, i32x4.add(i32x4.mul(r, Dx), i32x4.mul(rise, v128.load(runStart + j))));
      v128.store(toSlope + j, i32x4.mul(rise, step));
      r = next;
    }
    toBase += bytes;
    toSlope += bytes;
  }
}

/** Map bins of eight samples, as offsets within a row of the histogram. */
function offsets<B, C>(v: v128, w: v128): v128 {
  const binShift = 25 - <i32>ctz(sizeof<B>());
  const bins = i16x8.narrow_i32x4_u(i32x4.shr_s(v, binShift), i32x4.shr_s(w, binShift));
  return i16x8.shl(i16x8.min_u(bins, i16x8.splat(<i16>(((<i32>sizeof<B>()) << 5) - 1))), offsetScale<B, C>());
}

/** Writes the counter offsets of one band, bin-0 cells left out. Returns where they end; they start at `bandIndices()`. */
export function indexBand<B, C>(band: u32): usize {
  const binShift = 25 - <i32>ctz(sizeof<B>());
  const top = band * BAND;
  const rows = min(BAND, sampleHeight - top);
  interpolateRows(top, rows);
  const limit = ((1 << binShift) - 1) / denominatorX; // r up to here keeps v in bin 0
  const lanes = i32x4(0, 1, 2, 3);
  const bytes = rowBytes;
  let from = plane + ((<usize>(top * sampleWidth)) << 1);
  let to = indices;
  for (let j: usize = 0; j <= (<usize>width) << 2; j += 4) {
    const run = (<usize>load<u32>(runLength + j)) << 1; // bytes of indices
    if (max(load<i32>(peak + j), load<i32>(peak + j + 4)) <= limit) {
      from += run * <usize>rows;
      continue;
    }
    let p = base + j;
    for (let row: u32 = 0; row < rows; row++, p += bytes) {
      const rise = v128.load_splat<i32>(p + <usize>BAND * bytes); // slope lies behind base
      const rise8 = i32x4.shl(rise, 3);
      let v = i32x4.add(v128.load_splat<i32>(p), i32x4.mul(rise, lanes));
      let w = i32x4.add(v, i32x4.shl(rise, 2));
      for (let i: usize = 0; i < run; i += 32) {
        v128.store(to + i, i16x8.add(v128.load(from + i), offsets<B, C>(v, w)));
        v = i32x4.add(v, rise8);
        w = i32x4.add(w, rise8);
        v128.store(to + i, i16x8.add(v128.load(from + i, 16), offsets<B, C>(v, w)), 16);
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
