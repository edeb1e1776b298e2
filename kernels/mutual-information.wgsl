// mutualInformation: mi[n, k] = H(gray) + H(map) - H(joint), nats, of the upsampled channel and the grey image
//
// One workgroup per channel. Every invocation walks a strip of the sampling grid, integer scanline by integer scanline:
//   r = (q[y0]·(Dy-t) + q[y1]·t + 2^s - 1) >> s,  v = r[x0]·(Dx-t) + r[x1]·t,  bin = v >> (30 - log2 bins), s = floor(log2 Dx)
// and counts (grey, bin) in workgroup memory; the upsampled map is never stored. Bin 0, which ReLU makes the fullest, is not
// counted: it is what the other bins leave of the grey counts. The invocations of a subgroup walk rows far apart and the
// histogram's rows are permuted, so that they seldom meet in one counter or memory bank.
// Where the histogram does not fit, grey bins are taken tile by tile: sums over cells add up.
// Entropies come from the table of n·ln n in fixed point; all sums are modulo 2^32, only the last must fit.

const WORKGROUP = 256u;
const STRIPS = 32u; // of rows; times 8 of columns
const WORDS = 3072u; // of the histogram: 12 KB of the 16 that every device has

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
  bins: u32, // 32, 64, 128 or 256
  unit: f32, // nats of 1 in the table
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<i32>; // [batch, channels, height, width]
@group(0) @binding(2) var<storage, read> gray: array<u32>; // [batch, sampleHeight, sampleWidth], 0..255
@group(0) @binding(3) var<storage, read> grayCounts: array<u32>; // [batch, bins]
@group(0) @binding(4) var<storage, read> table: array<u32>; // [sampleHeight * sampleWidth + 1]
@group(0) @binding(5) var<storage, read_write> mi: array<f32>; // [batch, channels]

var<workgroup> histogram: array<atomic<u32>, WORDS>;
var<workgroup> rowCounts: array<atomic<u32>, 64>; // no tile has more grey bins
var<workgroup> mapCounts: array<atomic<u32>, 256>;
var<workgroup> total: atomic<u32>;

// r in one column of the row between layer rows `above` and `below`, both addresses.
fn rowValue(above: u32, below: u32, t: i32, column: u32, s: u32) -> i32 {
  let x = min(column, params.width - 1u);
  return (q[above + x] * (i32(params.denominatorY) - t) + q[below + x] * t + (1 << s) - 1) >> s;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let n = group.y;
  let layer = (n * params.channels + group.x) * params.height * params.width;
  let samples = params.sampleHeight * params.sampleWidth;
  let bins = params.bins;
  let grayShift = 8u - countTrailingZeros(bins);
  let binShift = 22u + grayShift;
  let s = 31u - countLeadingZeros(params.denominatorX);
  let Dx = i32(params.denominatorX);

  // Two counters to a word where 16 bits hold every count.
  let packed = select(0u, 1u, samples <= 65535u);
  let tileRows = min(bins, (WORDS << packed) / bins);

  let stripRows = (params.sampleHeight + STRIPS - 1u) / STRIPS;
  let stripColumns = (params.sampleWidth + 7u) / 8u;
  let top = (local % STRIPS) * stripRows;
  let left = (local / STRIPS) * stripColumns;
  let bottom = min(top + stripRows, params.sampleHeight);
  let right = min(left + stripColumns, params.sampleWidth);

  var sum = 0u;
  for (var firstRow = 0u; firstRow < bins; firstRow += tileRows) {
    for (var y = top; y < bottom; y++) {
      // Counted from one row before the layer, so never negative; that row is the first one again.
      let positionY = u32(params.originY + i32(y * params.stepY + params.denominatorY));
      let row = positionY / params.denominatorY;
      let ty = i32(positionY % params.denominatorY);
      let above = layer + (max(row, 1u) - 1u) * params.width;
      let below = layer + min(row, params.height - 1u) * params.width;
      let positionX = u32(params.originX + i32(left * params.stepX + params.denominatorX));
      var column = positionX / params.denominatorX;
      var tx = i32(positionX % params.denominatorX);
      var r0 = rowValue(above, below, ty, max(column, 1u) - 1u, s);
      var r1 = rowValue(above, below, ty, column, s);
      for (var x = left; x < right; x++) {
        let bin = u32(clamp((r0 * (Dx - tx) + r1 * tx) >> binShift, 0, i32(bins) - 1));
        let g = (gray[n * samples + y * params.sampleWidth + x] & 255u) >> grayShift;
        if (bin != 0u && g - firstRow < tileRows) {
          let cell = (g - firstRow) * bins + (bin ^ g);
          atomicAdd(&histogram[cell >> packed], 1u << ((cell & packed) * 16u));
        }
        tx += i32(params.stepX);
        while (tx >= Dx) {
          tx -= Dx;
          column++;
          r0 = r1;
          r1 = rowValue(above, below, ty, column, s);
        }
      }
    }
    workgroupBarrier();

    let rows = min(tileRows, bins - firstRow);
    for (var cell = local; cell < rows * bins; cell += WORKGROUP) {
      let word = atomicLoad(&histogram[cell >> packed]) >> ((cell & packed) * 16u);
      let count = select(word, word & 65535u, packed == 1u);
      if (count != 0u) {
        let row = cell / bins;
        sum += table[count];
        atomicAdd(&rowCounts[row], count);
        atomicAdd(&mapCounts[(cell ^ (firstRow + row)) & (bins - 1u)], count);
      }
    }
    workgroupBarrier();

    if (local < rows) {
      let grayCount = grayCounts[n * bins + firstRow + local];
      let zeros = grayCount - atomicExchange(&rowCounts[local], 0u);
      sum += table[zeros] - table[grayCount];
      atomicAdd(&mapCounts[0], zeros);
    }
    for (var word = local; word < WORDS; word += WORKGROUP) { atomicStore(&histogram[word], 0u); }
    workgroupBarrier();
  }

  if (local < bins) { sum -= table[atomicLoad(&mapCounts[local])]; }
  atomicAdd(&total, sum);
  workgroupBarrier();
  if (local == 0u) {
    let information = atomicLoad(&total) + table[samples];
    // Rounding of the table can leave a little less than 0.
    mi[n * params.channels + group.x] = select(f32(information) * params.unit, 0.0, information >= 0xffff0000u);
  }
}
