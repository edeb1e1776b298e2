// arrangeGray: arranged[n, y, i, j] = places of the i-th eight samples of run j of row y in the joint
// histogram, 16 bits each
//
// What mutualInformation needs of the grey image, in the order in which it reads: a run is the samples of one
// row between the same two columns of the layer, and the runs' i-th eights lie side by side. A place is the
// first counter of the sample's grey bin, its low bits permuted by XOR with the row. Packed, a word of the
// histogram holds a counter of grey bin g and, in its high half (bit 15 of the place), that of g + bins / 2.

const WORKGROUP = 256u;

struct Params {
  batch: u32,
  width: u32, // of the layer
  sampleHeight: u32,
  sampleWidth: u32,
  originX: i32, // sample x lies at (originX + x · stepX) / denominatorX columns, held to the layer
  stepX: u32,
  denominatorX: u32,
  octets: u32, // in the longest run
  bins: u32, // 32, 64, 128 or 256
  packed: u32, // 1 where 16 bits hold every count
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gray: array<u32>; // [batch, sampleHeight, sampleWidth], 0..255
// [batch, 4 · (sampleHeight · octets · (width + 1) + 2)].
@group(0) @binding(2) var<storage, read_write> arranged: array<u32>;

// The first sample of run j, which lies between columns j - 1 and j: perhaps none, then that of the next.
fn firstOfRun(j: u32) -> u32 {
  if (j == 0u) { return 0u; }
  if (j > params.width) { return params.sampleWidth; }
  let distance = i32((j - 1u) * params.denominatorX) - params.originX;
  return min((u32(max(distance, 0)) + params.stepX - 1u) / params.stepX, params.sampleWidth);
}

fn place(sample: u32) -> u32 {
  let g = (gray[sample] & 255u) / (256u / params.bins);
  let half = params.bins / 2u;
  let row = select(g, g % half, params.packed == 1u);
  return ((row * params.bins) | row) + select(0u, 32768u, params.packed == 1u && g >= half);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.y; // the grid is exactly `batch` tall
  let runs = params.width + 1u;
  let words = 4u * params.sampleHeight * params.octets * runs;
  for (var word = id.x; word < words; word += groups.x * WORKGROUP) {
    let j = word / 4u % runs;
    let i = word / (4u * runs) % params.octets;
    let y = word / (4u * runs * params.octets);
    let x = firstOfRun(j) + 8u * i + 2u * (word % 4u);
    let end = firstOfRun(j + 1u);
    let sample = (n * params.sampleHeight + y) * params.sampleWidth + x;
    var both = 0u;
    if (x < end) { both = place(sample); }
    if (x + 1u < end) { both |= place(sample + 1u) << 16u; }
    arranged[n * (words + 8u) + word] = both;
  }
}
