// mutualInformation: mi[n, k] = H(gray) + H(map) - H(joint), nats, of the upsampled channel and the grey
// image
//
// One workgroup per channel. A sample's map bin, by integers:
//   r = (q[y0]·(Dy-t) + q[y1]·t + 2^s - 1) >> s,  v = r[x0]·(Dx-t) + r[x1]·t,
//   bin = v >> (30 - log2 bins), s = floor(log2 Dx)
// and (grey, bin) is counted in workgroup memory; the upsampled map is never stored. A cell is the samples
// between the same two rows and columns of the layer. Cells whose corners keep them in bin 0 are left out,
// the others are listed; neighbouring invocations take neighbouring cells of the list, a row at a time: their
// samples lie far apart, so that they seldom meet in one counter, and along a row v grows by a constant.
// arrangeGray has put the grey samples side by side for them. The counts of bin 0, in which samples are left
// out, are what the other bins leave of the grey counts. Where the histogram does not fit, its rows are taken
// tile by tile: sums over counters add up. No branch keeps a sample out: one of another tile adds 0, which
// costs less. Entropies come from the table of n·ln n in fixed point; all sums are modulo 2^32, only the last
// must fit.

override WORKGROUP = 256u;
const CELLS = 240u; // listed at a time: 15 × 15 and some

override BINS = 64u; // 32, 64, 128 or 256
override PACKED = 1u; // two counters to a word, as arrangeGray has them; else 0
override WORDS = 2048u; // of the histogram, a power of two: 8 KB of the 16 that every device has

override ALL_WORDS = (BINS * BINS) >> PACKED;
override TILE_WORDS = min(WORDS, ALL_WORDS);
override ROWS = TILE_WORDS / BINS;
override HALF_PLACE = 32768u * PACKED; // the bit of a place that says which half
override PLACE = 65535u >> PACKED;
override SHIFT = 30u - countTrailingZeros(BINS);
override LOWER = 0xffffffffu >> (16u * PACKED); // a counter, or the lower of two
override UPPER = 65535u * PACKED;

struct Params {
  batch: u32,
  channels: u32,
  height: u32, // of q
  width: u32,
  sampleHeight: u32,
  sampleWidth: u32,
  originY: i32, // sample y lies at (originY + y · stepY) / denominatorY rows, held to the layer
  stepY: u32,
  denominatorY: u32,
  originX: i32,
  stepX: u32,
  denominatorX: u32,
  bin0: i32, // corners up to it keep a cell in bin 0
  octets: u32, // eights of samples in the longest run: as arrangeGray has them
  bins: u32,
  packed: u32,
  unit: f32, // nats of 1 in the table
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<i32>; // [batch, channels, height, width]
// [batch, sampleHeight · octets · (width + 1) + 2].
@group(0) @binding(2) var<storage, read> arranged: array<vec4u>;
@group(0) @binding(3) var<storage, read> grayCounts: array<u32>; // [batch, bins]
@group(0) @binding(4) var<storage, read> table: array<u32>; // [sampleHeight * sampleWidth + 1]
@group(0) @binding(5) var<storage, read_write> mi: array<f32>; // [batch, channels]

var<workgroup> histogram: array<atomic<u32>, TILE_WORDS>;
var<workgroup> rowCounts: array<atomic<u32>, ROWS>;
var<workgroup> mapCounts: array<atomic<u32>, BINS>;
var<workgroup> listed: atomic<u32>;
var<workgroup> total: atomic<u32>;
// Of a listed cell: q at its corners; its first sample's row, and the row behind its last; the first one's t
// along y, and the cell's column; the first one's t along x, and the samples in a row. 16 bits each.
var<workgroup> corners: array<vec4i, CELLS>;
var<workgroup> rows: array<u32, CELLS>;
var<workgroup> starts: array<u32, CELLS>;
var<workgroup> runs: array<u32, CELLS>;

fn divide(a: u32, by: u32) -> u32 { // mostly by 2
  if ((by & (by - 1u)) == 0u) { return a >> countTrailingZeros(by); }
  return a / by;
}

// The first sample of run j along an axis, which lies between rows or columns j - 1 and j.
fn firstOfRun(j: u32, size: u32, samples: u32, origin: i32, step: u32, denominator: u32) -> u32 {
  if (j == 0u) { return 0u; }
  if (j > size) { return samples; }
  let distance = i32((j - 1u) * denominator) - origin;
  return min(divide(u32(max(distance, 0)) + step - 1u, step), samples);
}

// How far behind row or column j - 1 a sample lies.
fn offset(sample: u32, j: u32, origin: i32, step: u32, denominator: u32) -> u32 {
  return u32(origin + i32(sample * step + denominator) - i32(j * denominator));
}

fn listCell(cell: u32, layer: u32) {
  let row = cell / (params.width + 1u);
  let column = cell - row * (params.width + 1u);
  // The layer's edge is repeated on all sides.
  let above = layer + (max(row, 1u) - 1u) * params.width;
  let below = layer + min(row, params.height - 1u) * params.width;
  let left = max(column, 1u) - 1u;
  let right = min(column, params.width - 1u);
  let corner = vec4i(q[above + left], q[above + right], q[below + left], q[below + right]);
  if (max(max(corner.x, corner.y), max(corner.z, corner.w)) <= params.bin0) { return; }
  let y = firstOfRun(row, params.height, params.sampleHeight, params.originY, params.stepY, params.denominatorY);
  let endY = firstOfRun(row + 1u, params.height, params.sampleHeight, params.originY, params.stepY, params.denominatorY);
  let x = firstOfRun(column, params.width, params.sampleWidth, params.originX, params.stepX, params.denominatorX);
  let endX = firstOfRun(column + 1u, params.width, params.sampleWidth, params.originX, params.stepX, params.denominatorX);
  if (y == endY || x == endX) { return; }
  let at = atomicAdd(&listed, 1u);
  corners[at] = corner;
  rows[at] = y | (endY << 16u);
  starts[at] = column | (offset(y, row, params.originY, params.stepY, params.denominatorY) << 16u);
  runs[at] = offset(x, column, params.originX, params.stepX, params.denominatorX) | ((endX - x) << 16u);
}

// Counts a sample. `place` is as arrangeGray gives it, among other bits; `upper` tells where to look for its
// half.
fn count(v: i32, place: u32, upper: bool, first: u32) {
  let bin = min(u32(v) >> SHIFT, BINS - 1u);
  let counter = (place & PLACE) ^ bin;
  var one = select(1u, 65536u, upper);
  if (TILE_WORDS < ALL_WORDS) { one = select(0u, one, counter - first < TILE_WORDS); }
  atomicAdd(&histogram[counter & (TILE_WORDS - 1u)], one);
}

fn countPair(v: i32, slope: i32, pair: u32, first: u32) {
  count(v, pair, (pair & HALF_PLACE) != 0u, first);
  count(v + slope, pair >> 16u, (pair & (HALF_PLACE << 16u)) != 0u, first);
}

// Every `parts`-th row of one listed cell. `image` is its first eight samples' index, `first` the tile's
// first counter.
fn countCell(at: u32, part: u32, parts: u32, image: u32, first: u32) {
  let corner = corners[at];
  let firstY = rows[at] & 65535u;
  let endY = rows[at] >> 16u;
  let column = starts[at] & 65535u;
  let tx = i32(runs[at] & 65535u);
  let Dy = i32(params.denominatorY);
  let Dx = i32(params.denominatorX);
  let s = 31u - countLeadingZeros(params.denominatorX);
  let up = (1 << s) - 1;
  for (var y = firstY + part; y < endY; y += parts) {
    let ty = i32((starts[at] >> 16u) + (y - firstY) * params.stepY);
    let r0 = (corner.x * (Dy - ty) + corner.z * ty + up) >> s;
    let r1 = (corner.y * (Dy - ty) + corner.w * ty + up) >> s;
    var v = r0 * (Dx - tx) + r1 * tx;
    let slope = (r1 - r0) * i32(params.stepX);
    var at8 = image + y * params.octets * (params.width + 1u) + column;
    var left = runs[at] >> 16u;
    for (; left >= 8u; left -= 8u) {
      let octet = arranged[at8];
      countPair(v, slope, octet.x, first);
      countPair(v + 2 * slope, slope, octet.y, first);
      countPair(v + 4 * slope, slope, octet.z, first);
      countPair(v + 6 * slope, slope, octet.w, first);
      v += 8 * slope;
      at8 += params.width + 1u;
    }
    if (left == 0u) { continue; }
    var octet = arranged[at8];
    if (left >= 4u) {
      countPair(v, slope, octet.x, first);
      countPair(v + 2 * slope, slope, octet.y, first);
      octet = octet.zwzw;
      v += 4 * slope;
    }
    if ((left & 2u) != 0u) {
      countPair(v, slope, octet.x, first);
      octet.x = octet.y;
      v += 2 * slope;
    }
    if ((left & 1u) != 0u) { count(v, octet.x, (octet.x & HALF_PLACE) != 0u, first); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let n = group.y;
  let layer = (n * params.channels + group.x) * params.height * params.width;
  let image = n * (params.sampleHeight * params.octets * (params.width + 1u) + 2u);
  let samples = params.sampleHeight * params.sampleWidth;
  let cells = (params.height + 1u) * (params.width + 1u);
  let parts = clamp(params.denominatorY / params.stepY, 1u, 8u);

  var sum = 0u;
  for (var first = 0u; first < ALL_WORDS; first += TILE_WORDS) {
    for (var firstCell = 0u; firstCell < cells; firstCell += CELLS) {
      if (first == 0u || cells > CELLS) { // else the list is still there
        if (local < min(CELLS, cells - firstCell)) { listCell(firstCell + local, layer); }
        workgroupBarrier();
      }
      let found = atomicLoad(&listed);
      let share = 1.0 / f32(found);
      for (var item = local; item < found * parts; item += WORKGROUP) {
        let part = u32((f32(item) + 0.5) * share); // item / found: both are small
        countCell(item - part * found, part, parts, image, first);
      }
      workgroupBarrier();
      if (cells > CELLS) {
        if (local == 0u) { atomicStore(&listed, 0u); }
        workgroupBarrier();
      }
    }

    // Row by row, an eighth of a row per invocation: look-ups, and what the row's bins but 0 add up to.
    let firstRow = first / BINS;
    for (var item = local; item < TILE_WORDS / 8u; item += WORKGROUP) {
      let row = item / (BINS / 8u);
      let part = item % (BINS / 8u);
      var counted = 0u;
      for (var i = 0u; i < 8u; i++) {
        let place = part + BINS / 8u * ((i + row) % 8u);
        let word = select(atomicLoad(&histogram[row * BINS + place]), 0u, place == firstRow + row);
        counted += word;
        sum += table[word & LOWER] + table[(word >> 16u) & UPPER];
      }
      atomicAdd(&rowCounts[row], counted);
    }
    workgroupBarrier();
    // Column by column; another tile finds all counters at 0.
    let bin = local % BINS;
    var counted = 0u;
    for (var row = local / BINS; row < ROWS; row += WORKGROUP / BINS) {
      let at = row * BINS + (bin ^ (firstRow + row));
      counted += atomicLoad(&histogram[at]);
      if (TILE_WORDS < ALL_WORDS) { atomicStore(&histogram[at], 0u); }
    }
    if (bin != 0u) { atomicAdd(&mapCounts[bin], (counted & LOWER) + ((counted >> 16u) & UPPER)); }
    workgroupBarrier();

    if (local < ROWS << PACKED) {
      let row = local % ROWS;
      let upper = local / ROWS;
      let grayCount = grayCounts[n * BINS + firstRow + row + upper * (BINS / 2u)];
      let zeros = grayCount - ((atomicLoad(&rowCounts[row]) >> (16u * upper)) & LOWER);
      sum += table[zeros] - table[grayCount];
      atomicAdd(&mapCounts[0], zeros);
    }
    workgroupBarrier();
    if (TILE_WORDS < ALL_WORDS) {
      if (local < ROWS) { atomicStore(&rowCounts[local], 0u); }
      workgroupBarrier();
    }
  }

  if (local < BINS) { sum -= table[atomicLoad(&mapCounts[local])]; }
  atomicAdd(&total, sum);
  workgroupBarrier();
  if (local == 0u) {
    let information = atomicLoad(&total) + table[samples];
    // Rounding of the table can leave a little less than 0.
    mi[n * params.channels + group.x] = select(f32(information) * params.unit, 0.0, information >= 0xffff0000u);
  }
}
